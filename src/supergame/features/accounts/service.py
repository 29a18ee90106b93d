"""Accounts of players: everything that game code and the features above may do with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from supergame.core.errors import BadInput, NotFound
from supergame.core.feature import Ground
from supergame.edge import TokenPair
from supergame.features.accounts import formats
from supergame.features.accounts.archive import Archives, Export, export_account
from supergame.features.accounts.authentication import Authentication, Proof, UsernameTaken
from supergame.features.accounts.credentials import Credentials
from supergame.features.accounts.deletion import Deletion
from supergame.features.accounts.families import Families
from supergame.features.accounts.links import Links
from supergame.features.accounts.merging import Merging
from supergame.features.accounts.model import AccountsSettings, Holder, Identity, Login, Provider, SecondFactor
from supergame.features.accounts.passwords import Passwords
from supergame.features.accounts.revocations import Revocations
from supergame.features.accounts.single import SingleSocket
from supergame.features.accounts.throttle import Throttle
from supergame.features.accounts.users import Users
from supergame.protocol.accounts import Account
from supergame.protocol.users import User
from supergame.store import Database, Tx, load_queries

_QUERIES = load_queries("supergame.features.accounts")


class Accounts:
    """Who the players are, how they log in, and what is known of them."""

    def __init__(self, ground: Ground) -> None:
        self._clock = ground.clock
        self._database: Database = ground.database
        self._passwords = Passwords(ground.config.section(AccountsSettings))
        self._revocations = Revocations(ground)
        self._throttle = Throttle(ground.clock, ground.config.section(AccountsSettings))
        self._authentication = Authentication(ground, self._passwords, self._throttle)
        self._families = Families(ground, self._revocations)
        self._deletion = Deletion(ground, self._revocations)
        self._merging = Merging(ground, self._deletion)
        self._archives = Archives(ground)
        self._links = Links(ground)
        self._credentials = Credentials(ground, self._passwords, self._links, self._revocations)
        self._users = Users(ground)
        settings = ground.config.section(AccountsSettings)
        self._single_socket = SingleSocket(ground) if settings.single_socket else None

    async def start(self) -> None:
        """Learn which tokens were called back before, and delete whom a restored backup has brought back."""
        await self._revocations.start()
        await self._deletion.repeat()

    async def stop(self) -> None:
        """End what runs beside the loop."""
        await self._revocations.stop()
        self._passwords.close()
        if self._single_socket is not None:
            self._single_socket.stop()

    # Authentication

    def authenticate_device(self, device_id: str, *, username: str = "", create: bool = True) -> Awaitable[Login]:
        """Log in with a device's id; `username` is for a new account, one is made up without it.

        Raises BadInput, NotFound without an account where none is to be made, Conflict for a taken username, Banned.
        """
        return self._authentication.by_id(Provider.DEVICE, formats.device_id(device_id), username, create)

    def authenticate_custom(self, custom_id: str, *, username: str = "", create: bool = True) -> Awaitable[Login]:
        """Log in with an id that the game has given out. Raises as `authenticate_device` does."""
        return self._authentication.by_id(Provider.CUSTOM, formats.custom_id(custom_id), username, create)

    def authenticate_email(
        self, email: str, password: str, *, username: str = "", create: bool = True, code: str = "", address: str = ""
    ) -> Awaitable[Login]:
        """Log in with an email address and password. Raises as `authenticate_device` does.

        `code` is the one-time code of an account with a second factor, `address` where the login comes from. A wrong
        password or code raises Unauthenticated; too many that were wrong, and too many logins at once, TooMany.
        """
        email, password = formats.email(email), formats.password(password)
        return self._authentication.by_email(email, Proof(password, code, address), username, create)

    def authenticate_username(
        self, username: str, password: str, *, code: str = "", address: str = ""
    ) -> Awaitable[Login]:
        """Log in with a username and the password that goes with the account's email address; makes no account.

        Raises as `authenticate_email` does.
        """
        formats.password(password)
        if not username:
            raise BadInput("Username is required when email address is not supplied.")
        return self._authentication.by_username(formats.username(username), Proof(password, code, address))

    def require_second_factor(self, check: SecondFactor) -> None:
        """Ask for more than a password: `check(user_id, code)` is awaited in every login whose password is right.

        It raises CodeRequired or WrongCredentials where the account asks for a code that this is not.
        """
        self._authentication.second_factor = check

    def authenticate_verified(
        self, provider: str, external_id: str, *, username: str = "", create: bool = True
    ) -> Awaitable[Login]:
        """Log in with an id of another platform that has been verified: see `identity`.

        Raises as `authenticate_device` does.
        """
        return self._authentication.by_id(provider, external_id, username, create)

    # Sessions

    def begin_session(
        self,
        login: Login,
        vars: dict[str, str] | None = None,  # noqa: A002 - the protocol's word
    ) -> Awaitable[TokenPair]:
        """The tokens for somebody who has just logged in; `vars` are for the game's own use.

        With `accounts.single_session` the player's earlier sessions end. Raises BadInput for more than VARS_BYTES_MAX,
        and Aborted when the player was banned, deleted or logged out everywhere since the login.
        """
        return self._families.begin(login, vars)

    async def token_generate(self, user_id: str, vars: dict[str, str] | None = None) -> TokenPair:  # noqa: A002
        """Tokens for any player, without a login. Raises NotFound, Banned, and as `begin_session` does."""
        return await self._families.begin(await self._authentication.by_user_id(user_id), vars)

    def session_refresh(
        self,
        refresh_token: str,
        vars: dict[str, str] | None = None,  # noqa: A002 - the protocol's word
    ) -> Awaitable[TokenPair]:
        """Exchange a refresh token for the next pair; `vars`, if there are any, replace those it carried.

        A used token gives the same pair again for REFRESH_GRACE_SECONDS; after that its use ends the session.
        Raises BadInput, Unauthenticated, Banned, NotFound.
        """
        return self._families.refresh(refresh_token, vars)

    def session_logout(self, user_id: str, token: str = "", refresh_token: str = "") -> Awaitable[None]:
        """End the session that either token belongs to, or all of the player's when neither is given.

        Its tokens stop being good everywhere, and its sockets are closed. Raises BadInput for a token that is
        not good or not that player's.
        """
        return self._families.end(user_id, token, refresh_token)

    # Accounts

    async def get(self, user_id: str) -> Account:
        """A whole account. Raises NotFound."""
        account = await self._users.account(user_id)
        if account is None:
            raise NotFound("Account not found.")
        return account

    def get_many(self, user_ids: Sequence[str]) -> Awaitable[list[Account]]:
        """Whole accounts, in the order asked for; those that do not exist are left out."""
        return self._users.accounts(user_ids)

    async def update(
        self,
        user_id: str,
        *,
        username: str | None = None,
        display_name: str | None = None,
        avatar_url: str | None = None,
        lang_tag: str | None = None,
        location: str | None = None,
        timezone: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        tx: Tx | None = None,
    ) -> None:
        """Change some fields of an account: None leaves one as it is, an empty text clears it.

        With `tx` it is part of that transaction. Sockets and tokens keep the username they came with until the next
        refresh. Raises BadInput, Conflict for a taken username, NotFound.
        """
        changes = {
            "username": None if username is None else formats.username(username),
            "display_name": formats.profile("display_name", display_name),
            "avatar_url": formats.profile("avatar_url", avatar_url),
            "lang_tag": formats.profile("lang_tag", lang_tag),
            "location": formats.profile("location", location),
            "timezone": formats.profile("timezone", timezone),
            "metadata": None if metadata is None else formats.metadata(metadata),
        }
        if all(value is None for value in changes.values()):
            raise BadInput("No fields to update.")
        row = {"user_id": user_id, "now_us": self._clock.now_us(), **changes}

        async def body(tx: Tx) -> None:
            if username is not None:
                holder = await tx.one(_QUERIES.find_by_username, Holder, username=username)
                if holder is not None and holder.user_id != user_id:
                    raise UsernameTaken
            if not await tx.run(_QUERIES.update_user, **row):
                raise NotFound("Account not found.")

        await (self._database.transact(body) if tx is None else body(tx))

    def delete(self, user_id: str) -> Awaitable[None]:
        """Delete an account and, through AccountDeleted, all that belongs to it; its tokens and sockets end.

        A tombstone stays: nothing is written about the player any more, nor does a restored backup bring them back.
        Raises NotFound.
        """
        return self._deletion.delete(user_id)

    def merge(self, from_id: str, into_id: str) -> Awaitable[None]:
        """Move all that is kept on one account into another one of the same player, and delete the first.

        The second keeps its profile. Its devices are those of both, as far as there is room; of every other kind of
        id, and wherever both have something of which there can be one only, each feature has its rule. All in one
        transaction. Raises BadInput for one account twice, NotFound, and Banned where either is closed.
        """
        return self._merging.merge(from_id, into_id)

    async def export(self, user_id: str) -> dict[str, Any]:
        """Everything that is kept on a player as it is at one moment, by feature. Raises as `export_json` does."""
        archive: dict[str, Any] = msgspec.json.decode(await self._archives.make(user_id))
        return archive

    def export_json(self, user_id: str) -> Awaitable[bytes]:
        """The same as JSON.

        Raises NotFound, and TooMany for more than `accounts.archive_bytes_max`, or where too many archives are wanted
        at once.
        """
        return self._archives.make(user_id)

    def export_asked_for(self, user_id: str) -> Awaitable[bytes]:
        """The same for the player themselves, who may have it `accounts.archives_per_hour` times. Raises TooMany."""
        return self._archives.asked_for(user_id)

    def add_export(self, feature: str, export: Export) -> None:
        """Put what a feature keeps into every archive, as the node is put together."""
        self._archives.add(feature, export)

    def export_own(self, tx: Tx, user_id: str) -> Awaitable[Mapping[str, Any]]:
        """What accounts keep on a player themselves: this feature's part of the archive. Raises NotFound."""
        return export_account(tx, user_id)

    async def ban(self, *user_ids: str) -> int:
        """Close accounts: nobody logs in to them, their tokens and sockets end. How many were open before.

        Connected clients get a notification (code -8) before they are cut off.
        """
        now_us = self._clock.now_us()

        async def body(tx: Tx) -> int:
            n_banned = 0
            for user_id in dict.fromkeys(user_ids):
                if await tx.run(_QUERIES.ban, user_id=user_id, now_us=now_us):
                    await self._revocations.call_back(tx, self._revocations.of_user(user_id, banned=True))
                    n_banned += 1
            return n_banned

        return await self._database.transact(body)

    async def unban(self, *user_ids: str) -> int:
        """Open accounts again; their players have to log in anew. How many were closed before."""
        return await self._database.run(_QUERIES.unban, user_ids=user_ids, now_us=self._clock.now_us())

    # Users

    def users(
        self, user_ids: Sequence[str], usernames: Sequence[str] = (), facebook_ids: Sequence[str] = ()
    ) -> Awaitable[list[User]]:
        """What others may see of players, by id, username or id of Facebook, each once.

        Those that do not exist are left out.
        """
        return self._users.users(user_ids, usernames, facebook_ids)

    def users_random(self, count: int) -> Awaitable[list[User]]:
        """Up to `count` users, picked by chance."""
        return self._users.random(count)

    def usernames(self, user_ids: Iterable[str], *, tx: Tx | None = None) -> Awaitable[dict[str, str]]:
        """Usernames by id, as the transaction `tx` sees them if there is one; ids that do not exist are left out."""
        return self._users.usernames(user_ids, tx)

    def existing(self, *, ids: Sequence[str] = (), usernames: Sequence[str] = ()) -> Awaitable[list[str]]:
        """Which of these users there are, by id or username: their ids, each once, in no particular order."""
        return self._users.existing(ids, usernames)

    def ids(self, *, batch: int = 1_000) -> AsyncIterator[list[str]]:
        """The ids of all users, up to `batch` at a time, for what concerns everybody."""
        return self._users.all_ids(batch)

    def find_by_username(self, username: str) -> Awaitable[str | None]:
        """The id of the user of that name."""
        return self._users.find_by_username(username)

    def exists(self, tx: Tx, user_id: str) -> Awaitable[bool]:
        """Whether there is such an account, as a transaction of the caller's sees it."""
        return self._users.exists(tx, user_id)

    def count_edges(self, tx: Tx, user_ids: Sequence[str], change: int) -> Awaitable[int]:
        """In a transaction of the caller's: so many friends more, or less, of each of these users."""
        return tx.run(_QUERIES.count_edges, user_ids=user_ids, change=change)

    def find(self, text: str, limit: int = 20) -> Awaitable[list[Account]]:
        """Accounts whose id, username, email, device or custom id begins with `text`: for operators.

        The one whose id or username it is comes first.
        """
        return self._users.search(text, limit)

    # Links

    def link_device(self, user_id: str, device_id: str) -> Awaitable[None]:
        """Let a player log in with a device. Raises BadInput, Conflict when it is somebody else's, TooMany."""
        return self._links.add(user_id, Provider.DEVICE, formats.device_id(device_id))

    def link_custom(self, user_id: str, custom_id: str) -> Awaitable[None]:
        """Let a player log in with a custom id, instead of the one before. Raises BadInput, Conflict."""
        return self._links.add(user_id, Provider.CUSTOM, formats.custom_id(custom_id))

    def link_email(
        self, user_id: str, email: str, password: str, *, family: str = "", address: str = ""
    ) -> Awaitable[None]:
        """Let a player log in with an email address and password, instead of those before.

        Where that is another password than before, the player's sessions end, but for the one that asks, whose
        `family` of tokens this is; `address` is where it comes from. Raises BadInput, Conflict, NotFound, TooMany.
        """
        if not email or not password:
            raise BadInput("Email address and password is required.")
        return self._credentials.link(user_id, formats.email(email), formats.password(password), family, address)

    def unlink_device(self, user_id: str, device_id: str) -> Awaitable[None]:
        """Take a device away. Raises BadInput, and Refused when it is not linked or is the last way to log in."""
        if not device_id:
            raise BadInput("A device ID must be supplied.")
        return self._links.remove(user_id, Provider.DEVICE, device_id)

    def unlink_custom(self, user_id: str, custom_id: str = "") -> Awaitable[None]:
        """Take the custom id away. Raises Refused as `unlink_device` does."""
        return self._links.remove(user_id, Provider.CUSTOM, custom_id)

    def email_owner(self, tx: Tx, email: str) -> Awaitable[str | None]:
        """Whose address it is, in lower case, as a transaction of the caller's sees it."""
        return self._credentials.owner(tx, email)

    def verify_email(self, tx: Tx, user_id: str, email: str) -> Awaitable[bool]:
        """In a transaction of the caller's: the player has shown that the address is theirs.

        Gives whether it still belongs to the account.
        """
        return self._credentials.verify(tx, user_id, email)

    def hash_password(self, password: str, address: str = "") -> Awaitable[str]:
        """Hash a password for `reset_password`. Raises BadInput, TooMany when too many wait."""
        return self._passwords.hash(formats.password(password), address)

    def reset_password(self, tx: Tx, user_id: str, email: str, password_hash: str) -> Awaitable[bool]:
        """In a transaction of the caller's: another password for an account, whose sessions all end.

        Gives whether the address, which counts as verified, still belongs to the account.
        """
        return self._credentials.reset(tx, user_id, email, password_hash)

    def forgive(self, user_id: str, address: str = "") -> None:
        """Count the failed logins to an account from anywhere, and from one address, anew."""
        self._throttle.forget(user_id, address)

    def unlink_email(self, user_id: str, email: str = "", *, family: str = "") -> Awaitable[None]:
        """Take the email address and its password away; sessions end as with `link_email`.

        Raises Refused as `unlink_device` does.
        """
        return self._credentials.unlink(user_id, email.lower(), family)

    def link_verified(self, user_id: str, provider: str, external_id: str) -> Awaitable[None]:
        """Let a player log in with an id of another platform that has been verified, instead of the one before.

        Raises Conflict when it is somebody else's, NotFound.
        """
        return self._links.add(user_id, provider, external_id)

    def unlink_verified(self, user_id: str, provider: str, external_id: str = "") -> Awaitable[None]:
        """Take the id of another platform away. Raises Refused as `unlink_device` does."""
        return self._links.remove(user_id, provider, external_id)

    def links(self, user_id: str) -> Awaitable[list[Identity]]:
        """Every way to log in that a player has, newest first."""
        return self._links.of_user(user_id)

    def owners(self, provider: str, external_ids: Sequence[str]) -> Awaitable[dict[str, str]]:
        """Whose ids of another platform these are: user by id; ids that nobody has are left out."""
        return self._links.owners(provider, external_ids)
