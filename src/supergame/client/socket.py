"""The realtime side of the protocol: messages with answers, events, and reconnection."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from ssl import SSLContext
from types import TracebackType
from typing import Any, TypeVar, cast

import msgspec
from picows import WSError, WSFrame, WSInvalidStatusError, WSListener, WSMsgType, WSTransport, ws_connect

from supergame.client.encoding import JSON, Encoding
from supergame.client.errors import ClientError, ConnectionLost, RequestFailed, SocketFailed
from supergame.client.session import Session
from supergame.core.clock import Clock
from supergame.protocol.catalogue import EVENTS, name_of
from supergame.protocol.chat import (
    Channel,
    ChannelJoin,
    ChannelLeave,
    ChannelMessageAck,
    ChannelMessageRemove,
    ChannelMessageSend,
    ChannelMessageUpdate,
    ChannelType,
)
from supergame.protocol.json import Malformed
from supergame.protocol.matches import Match, MatchCreate, MatchDataSend, MatchJoin, MatchLeave
from supergame.protocol.matchmaker import MatchmakerAdd, MatchmakerRemove, MatchmakerTicket
from supergame.protocol.parties import (
    Party,
    PartyAccept,
    PartyClose,
    PartyCreate,
    PartyDataSend,
    PartyJoin,
    PartyJoinRequest,
    PartyJoinRequestList,
    PartyLeader,
    PartyLeave,
    PartyMatchmakerAdd,
    PartyMatchmakerRemove,
    PartyMatchmakerTicket,
    PartyPromote,
    PartyRemove,
    PartyUpdate,
)
from supergame.protocol.presence import UserPresence
from supergame.protocol.rpc import Rpc
from supergame.protocol.status import Status, StatusFollow, StatusUnfollow, StatusUpdate
from supergame.protocol.system import Error, Ping, Pong
from supergame.protocol.types import Int64, Message

E = TypeVar("E", bound=Message)
R = TypeVar("R", bound=Message)

ANSWER_SECONDS = 15.0
EVENTS_WAITING_MAX = 10_000  # events nobody has taken; beyond that the oldest go
RECONNECT_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)  # pauses between tries, each shortened at random by up to half
FRAME_BYTES_MAX = 16 * 1024 * 1024
CODES = {400: 3, 401: 16, 403: 7, 429: 8, 503: 14}  # gRPC codes of the statuses that refuse a socket
TRY_AGAIN = (408, 429)  # refusals of the moment; any other of the kind 4xx stays one


class Reconnected(Message):
    """The socket is connected again and has rejoined `channels` and `matches`; what was sent meanwhile is lost."""

    channels: list[Channel] = []
    matches: list[Match] = []


class Socket:
    """One connection of a player. Use it in `async with`, or close it when done.

    Events are taken with `next(ChannelMessage)` or `async for event in socket.events()`, or heard with
    `on(ChannelMessage, listener)`. When the connection breaks, the socket reconnects, goes back into its
    channels and matches, and reports a `Reconnected` event; requests under way fail with ConnectionLost.
    """

    def __init__(
        self,
        session: Session,
        address: Callable[[], Awaitable[str]],
        *,
        tls: SSLContext | None,
        clock: Clock,
        reconnect: bool,
        encoding: Encoding = JSON,
    ) -> None:
        self.session = session
        self.closed = asyncio.Event()
        self.close_reason = ""
        self._address, self._tls, self._clock, self._reconnect = address, tls, clock, reconnect
        self._encoding = encoding
        self._transport: WSTransport | None = None
        self._answers: dict[bytes, asyncio.Future[Message | None]] = {}
        self._cid = 0
        self._waiting: deque[Message] = deque(maxlen=EVENTS_WAITING_MAX)
        self._takers: list[tuple[type[Message] | None, asyncio.Future[Message]]] = []
        self._listeners: dict[type[Message], list[Callable[[Any], object]]] = {}
        self._channels: dict[str, ChannelJoin] = {}
        self._matches: dict[str, MatchJoin] = {}
        self._wanted = True
        self._reconnecting: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Socket:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # -- connection --------------------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether there is a connection at the moment."""
        return self._transport is not None

    async def open(self) -> None:
        """Connect. Raises RequestFailed when the server refuses, ConnectionLost when it cannot be reached."""
        url = await self._address()
        try:
            transport, _ = await ws_connect(
                lambda: _Listener(self), url, ssl_context=self._tls, max_frame_size=FRAME_BYTES_MAX
            )
        except WSInvalidStatusError as error:
            status = int(error.response.status) if error.response is not None else 400
            words = (error.raw_body or b"").decode(errors="replace").strip() or f"status {status}"
            raise RequestFailed(status, CODES.get(status, 2), f"The server refused the socket: {words}") from error
        except WSError as error:
            raise ConnectionLost(f"The server does not speak as it should: {error}") from error
        except (OSError, TimeoutError) as error:
            raise ConnectionLost(f"The server cannot be reached: {error}") from error
        self._transport = transport

    async def close(self) -> None:
        """Close for good."""
        self._wanted = False
        if self._reconnecting is not None:
            self._reconnecting.cancel()
            await asyncio.gather(self._reconnecting, return_exceptions=True)
        transport = self._transport
        if transport is not None:
            transport.send_close()
            transport.disconnect()
            await transport.wait_disconnected()
        self.closed.set()
        self._fail_all("The socket is closed.")

    def drop(self) -> None:
        """Break the connection without a word, as a lost network does; the socket reconnects."""
        if self._transport is not None:
            self._transport.underlying_transport.abort()

    def lost(self, transport: WSTransport) -> None:
        """The connection is gone; called by the listener."""
        if self._transport is not transport:
            return
        self._transport = None
        received = transport.close_handshake.recv if transport.close_handshake else None
        self.close_reason = (received.reason or "") if received else ""
        comes_back = self._wanted and self._reconnect
        self._fail_all("The connection was lost before the answer came.", events=not comes_back)
        if not comes_back:
            self.closed.set()
        elif self._reconnecting is None:  # else it broke again while it was being mended, which goes on
            self._reconnecting = asyncio.ensure_future(self._come_back())

    async def _come_back(self) -> None:
        """Connect again and rejoin; give up when the server says that it will not have this player any more."""
        attempt = 0
        while True:
            pause = RECONNECT_SECONDS[min(attempt, len(RECONNECT_SECONDS) - 1)]
            await self._clock.sleep(pause * random.uniform(0.5, 1.0))
            attempt += 1
            try:
                await self.open()
                back = await self._rejoin()
            except RequestFailed as error:
                if 400 <= error.status < 500 and error.status not in TRY_AGAIN:
                    self.close_reason = error.message
                    break
            except (ClientError, TimeoutError):
                self.drop()
            else:
                self._reconnecting = None
                self._take(back)
                return
        self._reconnecting = None
        self.closed.set()
        self._fail_all(self.close_reason)

    async def _rejoin(self) -> Reconnected:
        """Go back to where the player was; what is over, or closed to the player now, is left out."""
        back = Reconnected([], [])
        for channel_id, channel in list(self._channels.items()):
            try:
                back.channels.append(await self.request(channel, Channel))
            except SocketFailed:
                self._channels.pop(channel_id, None)
        for match_id, match in list(self._matches.items()):
            try:
                back.matches.append(await self.request(match, Match))
            except SocketFailed:
                self._matches.pop(match_id, None)
        return back

    def _fail_all(self, reason: str, *, events: bool = True) -> None:
        answers, self._answers = self._answers, {}
        for answer in answers.values():
            if not answer.done():
                answer.set_exception(ConnectionLost(reason))
        if events:
            takers, self._takers = self._takers, []
            for _, taker in takers:
                if not taker.done():
                    taker.set_exception(ConnectionLost(reason))

    # -- sending and receiving ---------------------------------------------------------------------------------

    def post(self, message: Message) -> None:
        """Send a message without waiting for an answer. Raises ConnectionLost when there is no connection."""
        self._send(self._encoding.write(name_of(type(message)), message, b""))

    async def request(self, message: Message, answer: type[R]) -> R:
        """Send a message and wait for its answer.

        Raises SocketFailed with the server's words, ConnectionLost, TimeoutError after ANSWER_SECONDS, and
        ClientError for an answer of another kind.
        """
        found = await self._request(message)
        if not isinstance(found, answer):
            raise ClientError(f"The server answered {type(message).__name__} with {type(found).__name__}.")
        return found

    async def _request(self, message: Message) -> Message | None:
        self._cid += 1
        cid = self._encoding.cid(str(self._cid))
        answer: asyncio.Future[Message | None] = asyncio.get_running_loop().create_future()
        self._answers[cid] = answer
        try:
            self._send(self._encoding.write(name_of(type(message)), message, cid))
            async with asyncio.timeout(ANSWER_SECONDS):
                return await answer
        finally:
            self._answers.pop(cid, None)

    def _send(self, payload: bytes) -> None:
        if self._transport is None:
            raise ConnectionLost("There is no connection.")
        self._transport.send(self._encoding.frame, payload)

    def received(self, frame: bytes) -> None:
        """Take one frame apart; called by the listener."""
        try:
            cid, name, body = self._encoding.split(frame)
            message = self._encoding.reader(EVENTS[name].type)(body) if name in EVENTS else None
        except Malformed:
            return
        if isinstance(message, Ping):
            self.post(Pong())
            return
        answer = self._answers.get(cid) if cid else None
        if answer is None:
            if message is not None:
                self._take(message)
        elif not answer.done():
            if isinstance(message, Error):
                answer.set_exception(SocketFailed(message.code, message.message))
            else:
                answer.set_result(message)

    def _take(self, event: Message) -> None:
        for listener in tuple(self._listeners.get(type(event), ())):
            try:
                listener(event)
            except Exception as error:  # the listener's own affair, not the connection's
                context = {"message": "a listener of a socket failed", "exception": error}
                asyncio.get_running_loop().call_exception_handler(context)
        for index, (kind, taker) in enumerate(self._takers):
            if (kind is None or isinstance(event, kind)) and not taker.done():
                del self._takers[index]
                taker.set_result(event)
                return
        if not self._listeners.get(type(event)):
            self._waiting.append(event)

    def on(self, kind: type[E], listener: Callable[[E], object]) -> Callable[[], None]:
        """Call `listener(event)` for every event of that type from now on; they are no longer kept for `next`.

        What it gives ends that.
        """
        listeners = self._listeners.setdefault(kind, [])
        listeners.append(listener)

        def end() -> None:
            if listener in listeners:
                listeners.remove(listener)

        return end

    async def next(self, kind: type[E], timeout_seconds: float = ANSWER_SECONDS) -> E:
        """The next event of that type, those that came already included; others stay for whoever wants them."""
        for event in self._waiting:
            if isinstance(event, kind):
                self._waiting.remove(event)
                return event
        return cast(E, await self._taken(kind, timeout_seconds))

    async def events(self) -> AsyncIterator[Message]:
        """Every event, in order, until the socket is closed for good."""
        while True:
            if self._waiting:
                yield self._waiting.popleft()
                continue
            try:
                yield await self._taken(None, None)
            except ConnectionLost:
                return

    async def _taken(self, kind: type[Message] | None, timeout_seconds: float | None) -> Message:
        if self.closed.is_set():
            raise ConnectionLost("The socket is closed.")
        taker: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        entry = (kind, taker)
        self._takers.append(entry)
        try:
            async with asyncio.timeout(timeout_seconds):
                return await taker
        finally:
            if entry in self._takers:
                self._takers.remove(entry)

    # -- the messages ------------------------------------------------------------------------------------------

    async def ping(self) -> None:
        """Ask whether the server is there."""
        await self.request(Ping(), Pong)

    async def rpc(self, name: str, payload: str = "") -> str:
        """Call a function of the game; gives its payload."""
        return (await self.request(Rpc(name, payload), Rpc)).payload

    async def join_chat(
        self,
        target: str,
        kind: ChannelType = ChannelType.ROOM,
        *,
        persistence: bool = True,
        hidden: bool = False,
    ) -> Channel:
        """Join a room by name, or a conversation with another user by id."""
        join = ChannelJoin(target, int(kind), persistence, hidden)
        channel = await self.request(join, Channel)
        self._channels[channel.id] = join
        return channel

    async def leave_chat(self, channel_id: str) -> None:
        """Leave a channel."""
        self._channels.pop(channel_id, None)
        await self._request(ChannelLeave(channel_id))

    async def send_chat(self, channel_id: str, content: Mapping[str, object]) -> ChannelMessageAck:
        """Send a message; gives its id and time."""
        message = ChannelMessageSend(channel_id, msgspec.json.encode(content).decode())
        return await self.request(message, ChannelMessageAck)

    async def update_chat(self, channel_id: str, message_id: str, content: Mapping[str, object]) -> ChannelMessageAck:
        """Replace the content of a message of one's own."""
        message = ChannelMessageUpdate(channel_id, message_id, msgspec.json.encode(content).decode())
        return await self.request(message, ChannelMessageAck)

    async def remove_chat(self, channel_id: str, message_id: str) -> ChannelMessageAck:
        """Remove a message of one's own."""
        return await self.request(ChannelMessageRemove(channel_id, message_id), ChannelMessageAck)

    async def create_match(self, name: str = "") -> Match:
        """Make a relayed match and join it."""
        match = await self.request(MatchCreate(name), Match)
        self._matches[match.match_id] = MatchJoin(match_id=match.match_id)
        return match

    async def join_match(
        self, match_id: str | None = None, *, token: str | None = None, metadata: Mapping[str, str] | None = None
    ) -> Match:
        """Join a match by id, or by the matchmaker's token."""
        match = await self.request(MatchJoin(match_id, token, dict(metadata or {})), Match)
        self._matches[match.match_id] = MatchJoin(match_id=match.match_id, metadata=dict(metadata or {}))
        return match

    async def leave_match(self, match_id: str) -> None:
        """Leave a match for good."""
        self._matches.pop(match_id, None)
        await self._request(MatchLeave(match_id))

    def send_match_data(
        self,
        match_id: str,
        op_code: int,
        data: bytes,
        to: Sequence[UserPresence] = (),
        *,
        reliable: bool = True,
    ) -> None:
        """Send data to a match; there is no answer. Raises ConnectionLost when there is no connection."""
        self.post(MatchDataSend(match_id, Int64(op_code), data, list(to), reliable))

    async def add_matchmaker(
        self,
        query: str = "*",
        min_count: int = 2,
        max_count: int = 2,
        *,
        string_properties: Mapping[str, str] | None = None,
        numeric_properties: Mapping[str, float] | None = None,
        count_multiple: int | None = None,
    ) -> str:
        """Look for others to play with; gives the ticket. A MatchmakerMatched event follows."""
        message = MatchmakerAdd(
            min_count,
            max_count,
            query,
            dict(string_properties or {}),
            dict(numeric_properties or {}),
            count_multiple,
        )
        return (await self.request(message, MatchmakerTicket)).ticket

    async def remove_matchmaker(self, ticket: str) -> None:
        """Look no longer."""
        await self._request(MatchmakerRemove(ticket))

    async def create_party(self, max_size: int, *, open: bool = True, label: str = "", hidden: bool = False) -> Party:  # noqa: A002 - the protocol's word
        """Make a party and lead it; whoever breaks the connection has left it."""
        return await self.request(PartyCreate(open, max_size, label, hidden), Party)

    async def join_party(self, party_id: str) -> None:
        """Join an open party, or ask to be let into a closed one. A Party event follows when one is in."""
        await self._request(PartyJoin(party_id))

    async def leave_party(self, party_id: str) -> None:
        """Leave a party, or no longer ask to be let in."""
        await self._request(PartyLeave(party_id))

    async def party_requests(self, party_id: str) -> list[UserPresence]:
        """As the leader, see who asks to be let in."""
        return (await self.request(PartyJoinRequestList(party_id), PartyJoinRequest)).presences

    async def accept_party_member(self, party_id: str, presence: UserPresence) -> None:
        """As the leader, let in who has asked for it."""
        await self._request(PartyAccept(party_id, presence))

    async def remove_party_member(self, party_id: str, presence: UserPresence) -> None:
        """As the leader, send a member away, or turn down who has asked to be let in."""
        await self._request(PartyRemove(party_id, presence))

    async def promote_party_member(self, party_id: str, presence: UserPresence) -> PartyLeader:
        """As the leader, make another member the leader."""
        return await self.request(PartyPromote(party_id, presence), PartyLeader)

    async def update_party(self, party_id: str, *, open: bool, label: str = "", hidden: bool = False) -> None:  # noqa: A002 - the protocol's word
        """As the leader, change how the party is found and joined."""
        await self._request(PartyUpdate(party_id, label, open, hidden))

    async def close_party(self, party_id: str) -> None:
        """As the leader, end the party."""
        await self._request(PartyClose(party_id))

    def send_party_data(self, party_id: str, op_code: int, data: bytes) -> None:
        """Send data to the other members; there is no answer. Raises ConnectionLost when there is no connection."""
        self.post(PartyDataSend(party_id, Int64(op_code), data))

    async def add_party_matchmaker(
        self,
        party_id: str,
        query: str = "*",
        min_count: int = 2,
        max_count: int = 2,
        *,
        string_properties: Mapping[str, str] | None = None,
        numeric_properties: Mapping[str, float] | None = None,
        count_multiple: int | None = None,
    ) -> str:
        """As the leader, look for others for the whole party; gives the ticket, which the other members are told."""
        message = PartyMatchmakerAdd(
            party_id,
            min_count,
            max_count,
            query,
            dict(string_properties or {}),
            dict(numeric_properties or {}),
            count_multiple,
        )
        return (await self.request(message, PartyMatchmakerTicket)).ticket

    async def remove_party_matchmaker(self, party_id: str, ticket: str) -> None:
        """As the leader, look no longer."""
        await self._request(PartyMatchmakerRemove(party_id, ticket))

    async def follow(self, user_ids: Sequence[str] = (), usernames: Sequence[str] = ()) -> Status:
        """Follow the status of users; gives that of those who are online."""
        return await self.request(StatusFollow(list(user_ids), list(usernames)), Status)

    async def unfollow(self, user_ids: Sequence[str]) -> None:
        """Follow users no longer."""
        await self._request(StatusUnfollow(list(user_ids)))

    async def update_status(self, status: str | None) -> None:
        """Set one's own status; None appears offline."""
        await self._request(StatusUpdate(status))


class _Listener(WSListener):
    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type in (WSMsgType.TEXT, WSMsgType.BINARY):
            self._socket.received(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._socket.lost(transport)
