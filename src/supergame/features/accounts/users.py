"""Users: reading accounts, whole ones for their owners and what others may see."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from supergame.core.clock import MICROSECONDS
from supergame.core.feature import Ground
from supergame.edge import Sessions
from supergame.features.accounts.model import Holder, Provider
from supergame.protocol.accounts import Account, AccountDevice
from supergame.protocol.types import timestamp
from supergame.protocol.users import User
from supergame.store import Database, Tx, load_queries

EMPTY_WALLET: Final = "{}"

_PLATFORM_FIELDS: Final[Mapping[str, str]] = {
    Provider.APPLE: "apple_id",
    Provider.FACEBOOK: "facebook_id",
    Provider.FACEBOOK_INSTANT_GAME: "facebook_instant_game_id",
    Provider.GAMECENTER: "gamecenter_id",
    Provider.GOOGLE: "google_id",
    Provider.STEAM: "steam_id",
}
"""Where a user's ids of other platforms stand, by provider."""

_QUERIES = load_queries("supergame.features.accounts")
_LAST: Final = "\U0010ffff"
"""Sorts behind every other character, so that a prefix with it ends the range of texts that begin so."""


class _Name(NamedTuple):
    user_id: str
    username: str


class _Id(NamedTuple):
    user_id: str


class Users:
    """Reads accounts, in batches where there are many."""

    def __init__(self, ground: Ground) -> None:
        self._database: Database = ground.database
        self._ids = ground.ids
        self._sessions: Sessions = ground.edge.sessions

    async def account(self, user_id: str) -> Account | None:
        """A whole account, in one read."""
        accounts = _Accounts(self)
        await self._database.all(_QUERIES.read_account, accounts.add, user_id=user_id)
        return accounts.found.get(user_id)

    async def accounts(self, user_ids: Sequence[str]) -> list[Account]:
        """Whole accounts, in the order asked for; those that do not exist are left out."""
        accounts = _Accounts(self)
        if user_ids:
            await self._database.all(_QUERIES.read_accounts, accounts.add, user_ids=user_ids)
        return [accounts.found[user_id] for user_id in dict.fromkeys(user_ids) if user_id in accounts.found]

    async def users(
        self, user_ids: Sequence[str], usernames: Sequence[str] = (), facebook_ids: Sequence[str] = ()
    ) -> list[User]:
        """What others may see of players, each once; those that do not exist are left out."""
        if not user_ids and not usernames and not facebook_ids:
            return []
        users = _Users(self)
        await self._database.all(
            _QUERIES.read_users, users.add, user_ids=user_ids, usernames=usernames, facebook_ids=facebook_ids
        )
        return list(users.found.values())

    async def random(self, count: int) -> list[User]:
        """Some users, picked by chance."""
        start = self._ids.uuid()
        found = await self._database.all(_QUERIES.read_ids_from, _Id, start=start, count=count)
        if len(found) < count:
            more = await self._database.all(_QUERIES.read_ids_from, _Id, start="", count=count - len(found))
            found += [row for row in more if row.user_id < start]
        return await self.users([row.user_id for row in found])

    async def usernames(self, user_ids: Iterable[str], tx: Tx | None = None) -> dict[str, str]:
        """Usernames by id; ids that do not exist are left out."""
        wanted = list(dict.fromkeys(user_ids))
        if not wanted:
            return {}
        names = await (tx or self._database).all(_QUERIES.read_usernames, _Name, user_ids=wanted)
        return {name.user_id: name.username for name in names}

    async def existing(self, user_ids: Sequence[str], usernames: Sequence[str]) -> list[str]:
        """Which of the users there are, by id or by username: their ids, each once."""
        if not user_ids and not usernames:
            return []
        found = await self._database.all(_QUERIES.read_ids, _Id, user_ids=user_ids, usernames=usernames)
        return [row.user_id for row in found]

    async def all_ids(self, batch: int) -> AsyncIterator[list[str]]:
        """The ids of all users, `batch` at a time."""
        after = ""
        while True:
            found = await self._database.all(_QUERIES.read_ids_after, _Id, after=after, count=batch)
            if found:
                after = found[-1].user_id
                yield [row.user_id for row in found]
            if len(found) < batch:
                return

    async def find_by_username(self, username: str) -> str | None:
        """The id of the user of that name."""
        found = await self._database.one(_QUERIES.find_by_username, Holder, username=username)
        return found.user_id if found else None

    async def exists(self, tx: Tx, user_id: str) -> bool:
        """Whether there is such an account, as a transaction sees it."""
        return await tx.one(_QUERIES.find_by_id, Holder, user_id=user_id) is not None

    async def search(self, text: str, count: int) -> list[Account]:
        """Accounts whose id, username, or an id they log in with begins with `text`; the exact one comes first."""
        exact = await self.existing([text], [text])
        lower = text.lower()
        found = await self._database.all(
            _QUERIES.search,
            _Id,
            low=text,
            high=text + _LAST,
            low_lower=lower,
            high_lower=lower + _LAST,
            count=count,
        )
        return await self.accounts(list(dict.fromkeys([*exact, *(row.user_id for row in found)]))[:count])

    def user(
        self,
        user_id: str,
        username: str,
        display_name: str,
        avatar_url: str,
        lang_tag: str,
        location: str,
        timezone: str,
        metadata: str,
        edge_count: int,
        created_us: int,
        updated_us: int,
    ) -> User:
        """Make what others see of a row."""
        return User(
            user_id,
            username,
            display_name,
            avatar_url,
            lang_tag,
            location,
            timezone,
            metadata,
            online=bool(self._sessions.of_user(user_id)),
            edge_count=edge_count,
            create_time=_time(created_us),
            update_time=_time(updated_us),
        )


class _Users:
    """Gathers users from rows of which each holds one platform that the user is linked to."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self.found: dict[str, User] = {}

    def add(self, user_id: str, *columns: Any) -> None:
        *profile, provider, external_id = columns
        user = self.found.get(user_id)
        if user is None:
            user = self.found[user_id] = self._users.user(user_id, *profile)
        if provider is not None:
            setattr(user, _PLATFORM_FIELDS[provider], external_id)


class _Accounts:
    """Gathers accounts from rows of which each holds one way to log in."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self.found: dict[str, Account] = {}

    def add(
        self,
        user_id: str,
        username: str,
        display_name: str,
        avatar_url: str,
        lang_tag: str,
        location: str,
        timezone: str,
        metadata: str,
        edge_count: int,
        created_us: int,
        updated_us: int,
        verified_us: int | None,
        disabled_us: int | None,
        provider: str | None,
        external_id: str | None,
    ) -> None:
        account = self.found.get(user_id)
        if account is None:
            user = self._users.user(
                user_id,
                username,
                display_name,
                avatar_url,
                lang_tag,
                location,
                timezone,
                metadata,
                edge_count,
                created_us,
                updated_us,
            )
            account = self.found[user_id] = Account(user, EMPTY_WALLET, devices=[])
            if verified_us is not None:
                account.verify_time = _time(verified_us)
            if disabled_us is not None:
                account.disable_time = _time(disabled_us)
        if provider is None or external_id is None:
            return
        if provider == Provider.DEVICE:
            account.devices.append(AccountDevice(external_id))
        elif provider == Provider.CUSTOM:
            account.custom_id = external_id
        elif provider == Provider.EMAIL:
            account.email = external_id
        elif provider in _PLATFORM_FIELDS:
            setattr(account.user, _PLATFORM_FIELDS[provider], external_id)


def _time(us: int) -> datetime:
    """A stored time as clients get it, in whole seconds."""
    return timestamp(us // MICROSECONDS * MICROSECONDS)
