"""Players as an operator handles them: find, show, ban, unban, disconnect, export, delete, merge.

Every call carries `Authorization: Bearer <console.key>`. Without a key set, every call is refused.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

import msgspec

from supergame.core.errors import BadInput, NotFound, Unauthenticated
from supergame.core.log import Log
from supergame.edge import Request, Response, Router, Sessions
from supergame.features.accounts import Accounts
from supergame.protocol.accounts import Account

FOUND_MAX = 100
PREFIX = "/console/players"


class PlayerRow(msgspec.Struct, omit_defaults=True):
    """A player in a list, as operators see one."""

    user_id: str
    username: str
    online: bool = False
    banned: bool = False
    email: str = ""
    created: str = ""


class PlayerDetails(PlayerRow, omit_defaults=True):
    """All that is to be known of one player."""

    display_name: str = ""
    devices: list[str] = []
    custom_id: str = ""
    metadata: str = ""
    sessions: list[str] = []


class Players:
    """The operators' calls about players."""

    def __init__(self, key: str, accounts: Accounts, sessions: Sessions, log: Log) -> None:
        self._key, self._accounts, self._sessions, self._log = key.encode(), accounts, sessions, log

    def add_to(self, router: Router) -> None:
        """Serve the calls."""
        router.add_raw("GET", PREFIX, self._guarded(self._find))
        router.add_raw("GET", f"{PREFIX}/{{user_id}}", self._guarded(self._show))
        router.add_raw("GET", f"{PREFIX}/{{user_id}}/export", self._guarded(self._export))
        for action in (self._ban, self._unban, self._disconnect, self._delete, self._merge):
            name = action.__name__.removeprefix("_")
            router.add_raw("POST", f"{PREFIX}/{{user_id}}/{name}", self._guarded(action))

    def _guarded(
        self, handler: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Response | Awaitable[Response]]:
        def guarded(request: Request) -> Awaitable[Response]:
            kind, _, shown = request.headers.get("authorization", "").partition(" ")
            if not self._key or kind.lower() != "bearer" or not hmac.compare_digest(shown.encode(), self._key):
                raise Unauthenticated("Console key invalid")
            return handler(request)

        return guarded

    async def _find(self, request: Request) -> Response:
        text = request.query_params.get("text", [""])[-1]
        try:
            limit = int(request.query_params.get("limit", ["20"])[-1])
        except ValueError:
            limit = 0
        if not text or not 1 <= limit <= FOUND_MAX:
            raise BadInput(f"Give a text to look for, and a limit of 1 to {FOUND_MAX}.")
        return Response.json([_row(account) for account in await self._accounts.find(text, limit)])

    async def _show(self, request: Request) -> Response:
        account = await self._account(request)
        user = account.user
        assert user is not None
        details = PlayerDetails(
            **msgspec.structs.asdict(_row(account)),
            display_name=user.display_name,
            devices=[device.id for device in account.devices],
            custom_id=account.custom_id,
            metadata=user.metadata,
            sessions=[session.id for session in self._sessions.of_user(user.id)],
        )
        return Response.json(details)

    async def _ban(self, request: Request) -> Response:
        return await self._change(request, "banned", self._accounts.ban)

    async def _unban(self, request: Request) -> Response:
        return await self._change(request, "unbanned", self._accounts.unban)

    async def _disconnect(self, request: Request) -> Response:
        async def disconnect(user_id: str) -> int:
            return self._sessions.disconnect(user_id=user_id)

        return await self._change(request, "disconnected", disconnect)

    async def _export(self, request: Request) -> Response:
        account = await self._account(request)
        assert account.user is not None
        archive = await self._accounts.export_json(account.user.id)
        self._note("exported", account, request)
        return Response(archive, content_type="application/json")

    async def _delete(self, request: Request) -> Response:
        return await self._change(request, "deleted", self._accounts.delete)

    async def _merge(self, request: Request) -> Response:
        named = request.query_params.get("into", [""])[-1]
        if not named:
            raise BadInput("Name the player to merge into.")
        into = (await self._named(named)).user
        assert into is not None

        async def merge(user_id: str) -> None:
            await self._accounts.merge(user_id, into.id)

        return await self._change(request, f"merged into {into.id}", merge)

    async def _change(self, request: Request, what: str, change: Callable[[str], Awaitable[int | None]]) -> Response:
        account = await self._account(request)
        user = account.user
        assert user is not None
        count = await change(user.id)
        self._note(what, account, request)
        whom = {"user_id": user.id, "username": user.username}
        return Response.json(whom if count is None else {**whom, "count": count})

    def _note(self, what: str, account: Account, request: Request) -> None:
        assert account.user is not None
        self._log.info("an operator's call", what=what, user_id=account.user.id, address=request.address)

    async def _account(self, request: Request) -> Account:
        """The player that the path names."""
        return await self._named(request.params["user_id"])

    async def _named(self, named: str) -> Account:
        """The player of that id or username. The id counts first: anybody may be called like it."""
        found = await self._accounts.find(named, 2)
        for attribute in ("id", "username"):
            for account in found:
                if getattr(account.user, attribute) == named:
                    return account
        raise NotFound(f"There is no player with the id or username {named!r}.")


def _row(account: Account) -> PlayerRow:
    user = account.user
    assert user is not None
    return PlayerRow(
        user.id,
        user.username,
        user.online,
        account.disable_time is not None,
        account.email,
        "" if user.create_time is None else user.create_time.isoformat(timespec="seconds"),
    )
