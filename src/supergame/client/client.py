"""The HTTP side of the protocol: one method for each operation."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from ssl import SSLContext
from types import TracebackType
from typing import Any, Literal, TypeVar, cast

import aiohttp
import msgspec

from supergame.client.encoding import ENCODINGS
from supergame.client.errors import ConnectionLost, RequestFailed
from supergame.client.session import Session
from supergame.client.socket import Socket
from supergame.core.clock import Clock, SystemClock
from supergame.protocol.accounts import (
    Account,
    AccountArchive,
    AccountCustom,
    AccountDevice,
    AccountEmail,
    AuthenticateCustomRequest,
    AuthenticateDeviceRequest,
    AuthenticateEmailRequest,
    UpdateAccountRequest,
)
from supergame.protocol.catalogue import OPERATIONS
from supergame.protocol.chat import ChannelMessageList, ListChannelMessagesRequest
from supergame.protocol.friends import (
    AddFriendsRequest,
    BlockFriendsRequest,
    DeleteFriendsRequest,
    FriendList,
    FriendsOfFriendsList,
    ListFriendsOfFriendsRequest,
    ListFriendsRequest,
)
from supergame.protocol.json import decoder
from supergame.protocol.leaderboards import (
    DeleteLeaderboardRecordRequest,
    LeaderboardRecord,
    LeaderboardRecordList,
    LeaderboardRecordWrite,
    ListLeaderboardRecordsAroundOwnerRequest,
    ListLeaderboardRecordsRequest,
    Operator,
    WriteLeaderboardRecordRequest,
)
from supergame.protocol.matches import ListMatchesRequest, MatchList
from supergame.protocol.matchmaker import MatchmakerStats
from supergame.protocol.notifications import (
    DeleteNotificationsRequest,
    ListNotificationsRequest,
    NotificationList,
)
from supergame.protocol.operation import Auth
from supergame.protocol.parameters import path_names, request_target
from supergame.protocol.parties import ListPartiesRequest, PartyList
from supergame.protocol.rpc import Rpc
from supergame.protocol.session import Session as WireSession
from supergame.protocol.session import SessionLogoutRequest, SessionRefreshRequest
from supergame.protocol.storage import (
    DeleteStorageObjectId,
    DeleteStorageObjectsRequest,
    ListStorageObjectsRequest,
    ReadStorageObjectId,
    ReadStorageObjectsRequest,
    StorageObject,
    StorageObjectAck,
    StorageObjectAcks,
    StorageObjectList,
    StorageObjects,
    WriteStorageObject,
    WriteStorageObjectsRequest,
)
from supergame.protocol.types import Empty, Int64, Message
from supergame.protocol.users import GetUsersRequest, User, Users

R = TypeVar("R", bound=Message)

TIMEOUT_SECONDS = 15.0


class Client:
    """A server as one player's program sees it. Use it in `async with`, or close it when done.

    Every method raises RequestFailed with the server's words, or ConnectionLost when there is no answer.
    A session that is about to expire is refreshed before it is used.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 7350,
        *,
        server_key: str = "defaultkey",
        tls: bool | SSLContext = False,
        timeout_seconds: float = TIMEOUT_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        self.host, self.port, self.tls = host, port, tls
        self.clock: Clock = clock or SystemClock()
        self._base = f"{'https' if tls else 'http'}://{host}:{port}"
        self._server_key = server_key
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    # -- any operation ---------------------------------------------------------------------------------------

    async def call(self, name: str, request: Message, response: type[R], session: Session | None = None) -> R:
        """Call an operation of the protocol by its name."""
        operation = OPERATIONS[name]
        binding = operation.bindings[0]
        for other in operation.bindings[1:]:
            if other.method == binding.method and all(getattr(request, field) for field in path_names(other.path)):
                binding = other  # the address that names more of what the request says
        target, body = request_target(request, binding.path, binding.body)
        headers = {}
        if operation.auth is Auth.SERVER_KEY:
            headers["Authorization"] = "Basic " + b64encode(f"{self._server_key}:".encode()).decode()
        elif session is not None:
            await self._fresh(session)
            headers["Authorization"] = f"Bearer {session.token}"
        answer = await self._request(binding.method, target, body, headers)
        read: Callable[[bytes], R] = decoder(response, strict_fields=False)
        return read(answer)

    async def _request(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> bytes:
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=self._timeout, connector=aiohttp.TCPConnector(limit=0))
        if body:
            headers["Content-Type"] = "application/json"
        tls = self.tls if isinstance(self.tls, SSLContext) else True
        try:
            async with self._http.request(
                method, self._base + target, data=body or None, headers=headers, ssl=tls
            ) as answer:
                content = await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ConnectionLost(f"{method} {self._base}{target}: {error or 'no answer in time'}") from error
        if status >= 400:
            code, message = _failure(content)
            raise RequestFailed(status, code, message)
        return content

    async def _fresh(self, session: Session) -> None:
        if session.refresh_token and session.needs_refresh(self.clock.now_seconds()):
            await self.refresh(session)

    # -- sessions ----------------------------------------------------------------------------------------------

    async def authenticate_device(
        self,
        device_id: str,
        *,
        create: bool = True,
        username: str = "",
        vars: Mapping[str, str] | None = None,  # noqa: A002 - the protocol's word
    ) -> Session:
        """Log in with a device's id, 10 to 128 bytes."""
        account = AccountDevice(device_id, dict(vars or {}))
        request = AuthenticateDeviceRequest(account, create, username)
        return Session.of(await self.call("AuthenticateDevice", request, WireSession))

    async def authenticate_custom(
        self,
        custom_id: str,
        *,
        create: bool = True,
        username: str = "",
        vars: Mapping[str, str] | None = None,  # noqa: A002 - the protocol's word
    ) -> Session:
        """Log in with an id of the game's own, 6 to 128 bytes."""
        account = AccountCustom(custom_id, dict(vars or {}))
        request = AuthenticateCustomRequest(account, create, username)
        return Session.of(await self.call("AuthenticateCustom", request, WireSession))

    async def authenticate_email(
        self,
        email: str,
        password: str,
        *,
        create: bool = True,
        username: str = "",
        vars: Mapping[str, str] | None = None,  # noqa: A002 - the protocol's word
    ) -> Session:
        """Log in with an email address, or with a username when `email` is empty."""
        account = AccountEmail(email, password, dict(vars or {}))
        request = AuthenticateEmailRequest(account, create, username)
        return Session.of(await self.call("AuthenticateEmail", request, WireSession))

    async def refresh(self, session: Session, vars: Mapping[str, str] | None = None) -> None:  # noqa: A002
        """Exchange the refresh token for a new pair; `session` holds it from then on."""
        request = SessionRefreshRequest(session.refresh_token, dict(vars or {}))
        wire = await self.call("SessionRefresh", request, WireSession)
        session.renew(wire.token, wire.refresh_token)

    async def logout(self, session: Session, *, everywhere: bool = False) -> None:
        """End this session, or all of the player's."""
        request = SessionLogoutRequest() if everywhere else SessionLogoutRequest(session.token, session.refresh_token)
        await self.call("SessionLogout", request, Empty, session)

    async def connect(
        self,
        session: Session,
        *,
        status: bool = False,
        lang: str = "en",
        reconnect: bool = True,
        encoding: Literal["json", "protobuf"] = "json",
    ) -> Socket:
        """Open a socket, in JSON or protobuf. With `status` the player appears online to followers."""
        address = partial(self.socket_url, session, status=status, lang=lang, encoding=encoding)
        tls = self.tls if isinstance(self.tls, SSLContext) else None
        socket = Socket(session, address, tls=tls, clock=self.clock, reconnect=reconnect, encoding=ENCODINGS[encoding])
        await socket.open()
        return socket

    async def socket_url(self, session: Session, *, status: bool, lang: str, encoding: str = "json") -> str:
        """The address of a socket for a session, with a token that is good."""
        await self._fresh(session)
        scheme = "wss" if self.tls else "ws"
        flag = "true" if status else "false"
        query = f"token={session.token}&lang={lang}&status={flag}&format={encoding}"
        return f"{scheme}://{self.host}:{self.port}/ws?{query}"

    # -- accounts ----------------------------------------------------------------------------------------------

    async def account(self, session: Session) -> Account:
        """The player's own account."""
        return await self.call("GetAccount", Empty(), Account, session)

    async def update_account(self, session: Session, **changes: str | None) -> None:
        """Change fields of the account: username, display_name, avatar_url, lang_tag, location, timezone."""
        await self.call("UpdateAccount", UpdateAccountRequest(**changes), Empty, session)

    async def delete_account(self, session: Session) -> None:
        """Delete the account and all that belongs to it."""
        await self.call("DeleteAccount", Empty(), Empty, session)

    async def export_account(self, session: Session) -> dict[str, Any]:
        """Everything that is kept on the player, by feature."""
        answer = await self.call("ExportAccount", Empty(), AccountArchive, session)
        return cast(dict[str, Any], msgspec.json.decode(answer.archive))

    async def users(self, session: Session, ids: Sequence[str] = (), usernames: Sequence[str] = ()) -> list[User]:
        """Other players, by id or username."""
        request = GetUsersRequest(list(ids), list(usernames))
        return (await self.call("GetUsers", request, Users, session)).users

    async def link_device(self, session: Session, device_id: str) -> None:
        """Add a device to the ways of logging in."""
        await self.call("LinkDevice", AccountDevice(device_id), Empty, session)

    async def unlink_device(self, session: Session, device_id: str) -> None:
        """Remove a device from the ways of logging in."""
        await self.call("UnlinkDevice", AccountDevice(device_id), Empty, session)

    async def link_custom(self, session: Session, custom_id: str) -> None:
        """Add an id of the game's own to the ways of logging in."""
        await self.call("LinkCustom", AccountCustom(custom_id), Empty, session)

    async def unlink_custom(self, session: Session, custom_id: str) -> None:
        """Remove the game's own id from the ways of logging in."""
        await self.call("UnlinkCustom", AccountCustom(custom_id), Empty, session)

    async def link_email(self, session: Session, email: str, password: str) -> None:
        """Add an email address to the ways of logging in."""
        await self.call("LinkEmail", AccountEmail(email, password), Empty, session)

    async def unlink_email(self, session: Session, email: str, password: str) -> None:
        """Remove the email address from the ways of logging in."""
        await self.call("UnlinkEmail", AccountEmail(email, password), Empty, session)

    # -- friends -----------------------------------------------------------------------------------------------

    async def add_friends(
        self, session: Session, ids: Sequence[str] = (), usernames: Sequence[str] = (), *, metadata: str = ""
    ) -> None:
        """Invite users, or accept their invites; `metadata` is a note about them, a JSON object in text."""
        await self.call("AddFriends", AddFriendsRequest(list(ids), list(usernames), metadata), Empty, session)

    async def delete_friends(self, session: Session, ids: Sequence[str] = (), usernames: Sequence[str] = ()) -> None:
        """End friendships, withdraw or decline invites, and unblock."""
        await self.call("DeleteFriends", DeleteFriendsRequest(list(ids), list(usernames)), Empty, session)

    async def block_friends(self, session: Session, ids: Sequence[str] = (), usernames: Sequence[str] = ()) -> None:
        """Block users."""
        await self.call("BlockFriends", BlockFriendsRequest(list(ids), list(usernames)), Empty, session)

    async def list_friends(
        self, session: Session, *, limit: int = 1000, state: int | None = None, cursor: str = ""
    ) -> FriendList:
        """One page of the player's friends, invites and blocks, or of one state."""
        return await self.call("ListFriends", ListFriendsRequest(limit, state, cursor), FriendList, session)

    async def list_friends_of_friends(
        self, session: Session, *, limit: int = 10, cursor: str = ""
    ) -> FriendsOfFriendsList:
        """One page of those whom the player's friends know."""
        request = ListFriendsOfFriendsRequest(limit, cursor)
        return await self.call("ListFriendsOfFriends", request, FriendsOfFriendsList, session)

    # -- storage -----------------------------------------------------------------------------------------------

    async def write_objects(self, session: Session, objects: Sequence[WriteStorageObject]) -> list[StorageObjectAck]:
        """Write objects: all of them, or none if one is refused."""
        request = WriteStorageObjectsRequest(list(objects))
        return (await self.call("WriteStorageObjects", request, StorageObjectAcks, session)).acks

    async def write_object(self, session: Session, collection: str, key: str, value: object) -> StorageObjectAck:
        """Write one object; `value` is anything that is a JSON object."""
        written = WriteStorageObject(collection, key, msgspec.json.encode(value).decode())
        return (await self.write_objects(session, [written]))[0]

    async def read_objects(self, session: Session, objects: Sequence[ReadStorageObjectId]) -> list[StorageObject]:
        """Read objects; those that are not there or not to be seen are left out."""
        request = ReadStorageObjectsRequest(list(objects))
        return (await self.call("ReadStorageObjects", request, StorageObjects, session)).objects

    async def read_object(
        self, session: Session, collection: str, key: str, user_id: str | None = None
    ) -> StorageObject | None:
        """Read one object of the player's own, or of another user."""
        wanted = ReadStorageObjectId(collection, key, session.user_id if user_id is None else user_id)
        found = await self.read_objects(session, [wanted])
        return found[0] if found else None

    async def delete_objects(self, session: Session, objects: Sequence[DeleteStorageObjectId]) -> None:
        """Delete objects of the player's own."""
        await self.call("DeleteStorageObjects", DeleteStorageObjectsRequest(list(objects)), Empty, session)

    async def list_objects(
        self, session: Session, collection: str, *, user_id: str = "", limit: int = 100, cursor: str = ""
    ) -> StorageObjectList:
        """One page of a collection."""
        request = ListStorageObjectsRequest(user_id, collection, limit, cursor)
        return await self.call("ListStorageObjects", request, StorageObjectList, session)

    # -- chat and notifications --------------------------------------------------------------------------------

    async def list_messages(
        self, session: Session, channel_id: str, *, limit: int = 100, forward: bool = True, cursor: str = ""
    ) -> ChannelMessageList:
        """One page of a channel's history."""
        request = ListChannelMessagesRequest(channel_id, limit, forward, cursor)
        return await self.call("ListChannelMessages", request, ChannelMessageList, session)

    async def list_notifications(self, session: Session, *, limit: int = 100, cursor: str = "") -> NotificationList:
        """One page of the player's notifications."""
        return await self.call("ListNotifications", ListNotificationsRequest(limit, cursor), NotificationList, session)

    async def delete_notifications(self, session: Session, ids: Sequence[str]) -> None:
        """Delete notifications."""
        await self.call("DeleteNotifications", DeleteNotificationsRequest(list(ids)), Empty, session)

    # -- competition -------------------------------------------------------------------------------------------

    async def write_score(
        self,
        session: Session,
        leaderboard_id: str,
        score: int,
        *,
        subscore: int = 0,
        metadata: str = "",
        operator: Operator = Operator.NO_OVERRIDE,
    ) -> LeaderboardRecord:
        """Submit a score; gives the record and rank that come of it."""
        record = LeaderboardRecordWrite(Int64(score), Int64(subscore), metadata, operator)
        request = WriteLeaderboardRecordRequest(leaderboard_id, record)
        return await self.call("WriteLeaderboardRecord", request, LeaderboardRecord, session)

    async def list_scores(
        self,
        session: Session,
        leaderboard_id: str,
        *,
        owner_ids: Sequence[str] = (),
        limit: int = 100,
        cursor: str = "",
    ) -> LeaderboardRecordList:
        """One page of a leaderboard, best first."""
        request = ListLeaderboardRecordsRequest(leaderboard_id, list(owner_ids), limit, cursor)
        return await self.call("ListLeaderboardRecords", request, LeaderboardRecordList, session)

    async def list_scores_around(
        self, session: Session, leaderboard_id: str, owner_id: str, *, limit: int = 10, cursor: str = ""
    ) -> LeaderboardRecordList:
        """The records around a player's own."""
        request = ListLeaderboardRecordsAroundOwnerRequest(leaderboard_id, limit, owner_id, cursor=cursor)
        return await self.call("ListLeaderboardRecordsAroundOwner", request, LeaderboardRecordList, session)

    async def delete_score(self, session: Session, leaderboard_id: str) -> None:
        """Delete the player's own record."""
        await self.call("DeleteLeaderboardRecord", DeleteLeaderboardRecordRequest(leaderboard_id), Empty, session)

    # -- matches, the matchmaker, functions of the game ---------------------------------------------------------

    async def list_matches(
        self,
        session: Session,
        *,
        limit: int = 10,
        authoritative: bool | None = None,
        label: str | None = None,
        min_size: int | None = None,
        max_size: int | None = None,
        query: str | None = None,
    ) -> MatchList:
        """Running matches."""
        request = ListMatchesRequest(limit, authoritative, label, min_size, max_size, query)
        return await self.call("ListMatches", request, MatchList, session)

    async def list_parties(
        self,
        session: Session,
        *,
        limit: int = 10,
        open: bool | None = None,  # noqa: A002 - the protocol's word
        query: str | None = None,
        cursor: str | None = None,
    ) -> PartyList:
        """Parties, and a cursor for more."""
        return await self.call("ListParties", ListPartiesRequest(limit, open, query, cursor), PartyList, session)

    async def matchmaker_stats(self, session: Session) -> MatchmakerStats:
        """How many tickets wait, and how long it takes."""
        return await self.call("GetMatchmakerStats", Empty(), MatchmakerStats, session)

    async def rpc(self, name: str, payload: str = "", *, session: Session | None = None, http_key: str = "") -> str:
        """Call a function of the game, as a player or with the http key; gives its payload."""
        return (await self.call("RpcFunc", Rpc(name, payload, http_key), Rpc, session)).payload

    async def healthcheck(self) -> None:
        """Ask whether the server is up."""
        await self.call("Healthcheck", Empty(), Empty)


def _failure(content: bytes) -> tuple[int, str]:
    try:
        body = cast(dict[str, Any], msgspec.json.decode(content))
        return int(body.get("code", 13)), str(body.get("message", ""))
    except (msgspec.DecodeError, ValueError, AttributeError):
        return 13, content.decode(errors="replace")[:200]
