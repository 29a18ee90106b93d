"""Failed logins: how many there may be, so that nobody guesses a password, and nobody is locked out by others' guesses.

Three counts decide, each a bucket that flows full again within `accounts.login_failures_seconds`:

* from one address to one account: whoever guesses is stopped here, and their victim elsewhere notices nothing;
* to one account from anywhere, higher: whoever guesses from many addresses is stopped here. It is not asked where the
  account has been logged in to before, so that players get in to their own account from where they play;
* from one address to any account, higher still: whoever tries one password with many accounts is stopped here.

A bucket that is empty lets one more attempt through each time enough has flowed in: `login_failures_seconds` divided by
its count, however much is tried meanwhile. Whoever is first gets it. Attempts count while they are under
way; a successful one begins the account's counts anew, and gives back to the address only what it has taken.

The counts are in memory: a node begins with none, and each node of several counts for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from supergame.core.clock import Clock
from supergame.core.errors import NotFound
from supergame.edge import Quota, group
from supergame.features.accounts.model import AccountsSettings, WrongCredentials

KNOWN_PLACES_MAX: Final = 100_000
"""Pairs of account and address with a successful login that are remembered; those longest unseen give way."""

_FAILURES: Final = (WrongCredentials, NotFound)


class Throttle:
    """Counts the logins with a password that fail."""

    def __init__(self, clock: Clock, settings: AccountsSettings) -> None:
        def quota(count: int) -> Quota:
            return Quota(clock, count / settings.login_failures_seconds, count, "failed logins")

        self._of_both = quota(settings.login_failures_max)
        self._of_account = quota(settings.login_failures_per_account_max)
        self._of_address = quota(settings.login_failures_per_address_max)
        self._known: dict[str, None] = {}

    @contextmanager
    def attempt(self, user_id: str, address: str) -> Iterator[None]:
        """Around an attempt to log in: raises TooMany before it, and looks at how it ends.

        WrongCredentials and NotFound are failures; other errors say nothing about what was shown. An empty `user_id`
        is an account that does not exist, an empty `address` one that is not known.
        """
        address = group(address)
        both = _both(user_id, address)
        with ExitStack() as counts:
            if address:
                counts.enter_context(self._of_address.attempt(address, *_FAILURES))
            if user_id and address:
                counts.enter_context(self._of_both.attempt(both, *_FAILURES))
            if user_id and both not in self._known:
                counts.enter_context(self._of_account.attempt(user_id, *_FAILURES))
            yield
        self.forget(user_id, address)
        if address:
            self._remember(both)

    def forget(self, user_id: str, address: str) -> None:
        """Begin an account's counts anew: its player is there."""
        self._of_account.forget(user_id)
        self._of_both.forget(_both(user_id, group(address)))

    def _remember(self, both: str) -> None:
        self._known.pop(both, None)
        if len(self._known) >= KNOWN_PLACES_MAX:
            del self._known[next(iter(self._known))]
        self._known[both] = None


def _both(user_id: str, address: str) -> str:
    return f"{user_id} {address}"
