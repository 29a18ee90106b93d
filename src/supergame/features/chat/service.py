"""The rules of chat: who is in a channel, what is said there, what is kept of it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from supergame.core.errors import BadInput, NotFound, Refused, TooMany
from supergame.core.feature import Ground
from supergame.core.ids import is_uuid
from supergame.edge import Later, Session, fan_out
from supergame.features.accounts import AccountDeleted, AccountMerged, Accounts
from supergame.features.chat import channels
from supergame.features.chat.channels import Channel
from supergame.features.chat.door import Door
from supergame.features.chat.group_channels import GroupChannels
from supergame.features.chat.model import (
    Cursor,
    MessageIds,
    MessageNotFound,
    Stored,
    checked,
    time_in,
    to_keep,
    written,
)
from supergame.features.chat.speakers import Speakers
from supergame.features.friends import Friends, PlayerBlocked
from supergame.features.notifications import NotificationCode, Notifications
from supergame.features.presence import Stream, StreamMode, Streams, to_wire
from supergame.protocol import chat as wire
from supergame.protocol.chat import (
    ChannelMessage,
    ChannelMessageAck,
    ChannelMessageCode,
    ChannelMessageList,
    ChannelPresenceEvent,
    ChannelType,
)
from supergame.protocol.presence import UserPresence
from supergame.protocol.types import timestamp
from supergame.store import Tx, load_queries

LIST_LIMIT_MAX: Final = 100
UNDER_WAY_MAX: Final = 10_000  # messages of one channel that wait for their commit

_CHAT: Final = int(ChannelMessageCode.CHAT)
_UPDATE: Final = int(ChannelMessageCode.CHAT_UPDATE)
_REMOVE: Final = int(ChannelMessageCode.CHAT_REMOVE)
_FIRST, _LAST = "", "~"  # every id lies between them

QUERIES = load_queries("supergame.features.chat")


class _UnderWay(NamedTuple):
    """A message on its way into the history."""

    message: ChannelMessage
    stored: asyncio.Future[int]
    acknowledged: Later[ChannelMessageAck]


class Chat:
    """Channels and their messages; game code uses it as `services.chat`."""

    def __init__(
        self, ground: Ground, presence: Streams, accounts: Accounts, notifications: Notifications, friends: Friends
    ) -> None:
        self._streams, self._accounts, self._notifications = presence, accounts, notifications
        self._friends = friends
        self._database, self._clock = ground.database, ground.clock
        self._ids = MessageIds(ground.clock, ground.ids)
        self._under_way: dict[str, deque[_UnderWay]] = {}
        self.group_channels = GroupChannels(ground, presence, self._ids, self._settled)
        self._door = Door()  # of direct messages
        self._speakers = Speakers(accounts)
        self._said: list[tuple[Channel, ChannelMessage]] = []
        self._sent = ground.metrics.counter("supergame_chat_messages", "Chat messages sent.")
        for mode in (StreamMode.CHANNEL, StreamMode.GROUP, StreamMode.DIRECT_MESSAGE):
            presence.announce_with(mode, _presence_event)

    # -- coming and going

    def join(
        self,
        session: Session,
        target: str,
        kind: int = ChannelType.ROOM,
        *,
        persistence: bool = True,
        hidden: bool = False,
    ) -> wire.Channel | Awaitable[wire.Channel]:
        """Join a room by name, the channel of a group by its id, or the direct messages with another user by theirs.

        Joining twice changes nothing. Raises BadInput for what cannot be joined.
        """
        if kind in (ChannelType.TYPE_UNSPECIFIED, ChannelType.ROOM):
            return self._joined(session, channels.room(_given(target)), persistence, hidden)
        if kind == ChannelType.DIRECT_MESSAGE:
            return self._join_direct(session, _given(target), persistence, hidden)
        if kind == ChannelType.GROUP:
            return self._join_group(session, _given(target), persistence, hidden)
        raise BadInput("Unrecognized channel type")

    async def _join_group(self, session: Session, group_id: str, persistence: bool, hidden: bool) -> wire.Channel:
        return self._joined(session, await self.group_channels.enter(group_id, session.user_id), persistence, hidden)

    async def _join_direct(self, session: Session, other_id: str, persistence: bool, hidden: bool) -> wire.Channel:
        channel = await self._direct(session.user_id, other_id)
        await self._check_not_blocked(session.user_id, other_id)  # who is blocked leaves no notification
        present = {presence.user_id for presence in self._streams.presences(channel.stream)}
        if other_id not in present and self._streams.get(session, channel.stream) is None:
            await self._notifications.send(
                other_id,
                f"{session.username} wants to chat",
                {"username": session.username},
                NotificationCode.DM_REQUEST,
                sender_id=session.user_id,
                replaces=True,  # or whoever comes and goes a thousand times would push out all the others
            )
            await self._check_not_blocked(session.user_id, other_id)
        return self._joined(session, channel, persistence, hidden)

    def _joined(self, session: Session, channel: Channel, persistence: bool, hidden: bool) -> wire.Channel:
        """Join, and say who is there: the others on a first join, all on a later one."""
        is_new = self._streams.join(session, channel.stream, persistence=persistence, hidden=hidden)
        members = self._streams.members(channel.stream)
        return wire.Channel(
            channel.id,
            [
                to_wire(presence)
                for member, presence in members.items()
                if not presence.hidden and not (is_new and member is session)
            ],
            to_wire(members[session]),
            channel.room_name,
            channel.group_id,
            channel.user_id_one,
            channel.user_id_two,
        )

    def leave(self, session: Session, channel_id: str) -> None:
        """Leave a channel; harmless for who is not in it. Raises InvalidChannel."""
        self._streams.leave(session, channels.parse(channel_id).stream)

    # -- talking, as a session does

    def say(self, session: Session, channel_id: str, content: str) -> ChannelMessageAck | Awaitable[ChannelMessageAck]:
        """Send a message to a channel the session is in; what is kept is acknowledged after the commit.

        `content` is a JSON object of up to CONTENT_BYTES_MAX bytes. Raises BadInput.
        """
        channel = channels.parse(channel_id)
        presence = self._streams.get(session, channel.stream)
        if presence is None:
            raise BadInput("Must join channel before sending messages")
        return self._send(channel, checked(content), session.user_id, session.username, presence.persistence)

    async def change(self, session: Session, channel_id: str, message_id: str, content: str) -> ChannelMessageAck:
        """Give a kept message of one's own another content. Raises BadInput, MessageNotFound."""
        channel = channels.parse(channel_id)
        if self._streams.get(session, channel.stream) is None:
            raise BadInput("Must join channel before updating messages")
        return await self._change(channel, message_id, checked(content), session)

    async def take_back(self, session: Session, channel_id: str, message_id: str) -> ChannelMessageAck:
        """Remove a kept message of one's own. Raises BadInput, MessageNotFound."""
        channel = channels.parse(channel_id)
        if self._streams.get(session, channel.stream) is None:
            raise BadInput("Must join channel before removing messages")
        return await self._remove(channel, message_id, session)

    # -- for game code and the features above

    async def channel_id_build(self, target: str, kind: int = ChannelType.ROOM, *, user_id: str = "") -> str:
        """The id of a channel: a room's by name, a group's, or that of `user_id`'s direct messages with `target`.

        With a `user_id`, a group's is for its members only. Raises BadInput for a channel that cannot be.
        """
        if kind == ChannelType.ROOM:
            return channels.room(target).id
        if kind == ChannelType.DIRECT_MESSAGE:
            return (await self._direct(user_id, target)).id
        if kind == ChannelType.GROUP:
            return (await self.group_channels.enter(target, user_id) if user_id else channels.group(target)).id
        raise BadInput("Unrecognized channel type")

    async def message_send(
        self,
        channel_id: str,
        content: Mapping[str, Any],
        *,
        sender_id: str = "",
        sender_username: str = "",
        persist: bool = True,
    ) -> ChannelMessageAck:
        """Send a message to a channel as a player, or as the system with an empty `sender_id`. Raises BadInput."""
        channel = channels.parse(channel_id)
        if sender_id and not is_uuid(sender_id):
            raise BadInput("Invalid sender identifier")
        sent = self._send(channel, written(content), sender_id, sender_username, persist)
        return sent if isinstance(sent, ChannelMessageAck) else await sent

    async def message_update(self, channel_id: str, message_id: str, content: Mapping[str, Any]) -> ChannelMessageAck:
        """Give a kept message another content, whoever sent it. Raises BadInput, MessageNotFound."""
        return await self._change(channels.parse(channel_id), message_id, written(content), None)

    async def message_remove(self, channel_id: str, message_id: str) -> ChannelMessageAck:
        """Remove a kept message, whoever sent it. Raises BadInput, MessageNotFound."""
        return await self._remove(channels.parse(channel_id), message_id, None)

    async def messages_list(
        self,
        channel_id: str,
        *,
        limit: int = LIST_LIMIT_MAX,
        forward: bool = True,
        cursor: str = "",
        caller_id: str | None = None,
    ) -> ChannelMessageList:
        """A page of a channel's history, oldest first if `forward`.

        With a cursor the list goes on from there, in the order it had; the cacheable cursor leads from the newest
        message of this page to what will come after it, oldest first. `caller_id` is the user who may read only
        what players may, None is the system. Raises BadInput, also for others' groups, and Refused for others' direct
        messages.
        """
        if not 1 <= limit <= LIST_LIMIT_MAX:
            raise BadInput(f"Invalid limit - limit must be between 1 and {LIST_LIMIT_MAX}.")
        channel = channels.parse(channel_id)
        await self._check_reader(channel, caller_id)
        place = Cursor.parse(cursor, channel.id) if cursor else Cursor(channel.id, "", forward)
        rows = await self._page(channel, place, limit + 1)
        more = len(rows) > limit
        del rows[limit:]
        if place.back:
            rows.reverse()
        return _page(channel, place, rows, more, paged=bool(cursor))

    def part(self, event: PlayerBlocked) -> None:
        """Take two players out of their direct messages, where one has blocked the other."""
        self._door.close()
        self._streams.farewell(channels.direct(event.user_id, event.blocked_id).stream)

    async def forget(self, tx: Tx, event: AccountDeleted) -> None:
        """An account is being deleted, with all it has said, and all direct messages with it."""
        await self._speakers.forget(tx, event.user_id)

    async def absorb(self, tx: Tx, event: AccountMerged) -> None:
        """Two accounts become one, which has said what both have; what they said to each other is forgotten."""
        await self._speakers.absorb(tx, event)

    async def export(self, tx: Tx, user_id: str) -> dict[str, Any]:
        """All that a player has said, and both sides of their direct messages, for their archive."""
        return await self._speakers.export(tx, user_id)

    # -- below

    async def _check_reader(self, channel: Channel, caller_id: str | None) -> None:
        if caller_id is None:
            return
        if channel.group_id:
            await self.group_channels.enter(channel.group_id, caller_id)
        if channel.user_ids is not None and caller_id not in channel.user_ids:
            raise Refused("Only the two users of a direct message channel may read it.")

    async def _direct(self, user_id: str, other_id: str) -> Channel:
        channel = channels.direct(user_id, other_id)
        if not await self._accounts.existing(ids=[other_id]):
            raise BadInput("User ID not found")
        return channel

    async def _check_not_blocked(self, user_id: str, other_id: str) -> None:
        async def not_blocked() -> bool:
            return not await self._friends.blocked(user_id, other_id)

        if not await self._door.admits(not_blocked):
            raise BadInput("User ID not found")  # whoever is blocked is not to know

    def _send(
        self, channel: Channel, content: str, sender_id: str, username: str, persist: bool
    ) -> ChannelMessageAck | Awaitable[ChannelMessageAck]:
        if persist:
            return self._keep(channel, content, sender_id, username)
        message = self._new(channel, content, sender_id, username, persist)
        self._say(channel, message)
        return _ack(message)

    def _new(self, channel: Channel, content: str, sender_id: str, username: str, persist: bool) -> ChannelMessage:
        self._sent.value += 1
        message_id, now = self._ids.next()
        return _message(channel, message_id, _CHAT, sender_id, username, content, now, now, persist)

    def _keep(self, channel: Channel, content: str, sender_id: str, username: str) -> Later[ChannelMessageAck]:
        """Store a message, then let it be heard in its turn: everybody hears a channel in the order it is kept."""
        line = self._under_way.get(channel.id)
        if line is not None and len(line) >= UNDER_WAY_MAX:
            raise TooMany
        message = self._new(channel, content, sender_id, username, True)
        query = QUERIES.keep_direct if channel.user_id_one else QUERIES.keep
        kept = self._database.run(query, **to_keep(message, self._ids.latest_us))
        stored = asyncio.ensure_future(kept)
        if line is None:
            line = self._under_way[channel.id] = deque()
        acknowledged: Later[ChannelMessageAck] = Later()
        line.append(_UnderWay(message, stored, acknowledged))
        stored.add_done_callback(partial(self._stored, channel, line))
        return acknowledged

    def _stored(self, channel: Channel, line: deque[_UnderWay], _: asyncio.Future[int]) -> None:
        """Acknowledge what is stored and let it be heard, up to the first that is not stored yet."""
        members = self._streams.members(channel.stream)
        while line and line[0].stored.done():
            message, stored, acknowledged = line.popleft()
            try:
                if not stored.result():
                    raise NotFound("Account not found.")
            except Exception as error:
                acknowledged.fail(error)
            else:
                acknowledged.answer(_ack(message))
                fan_out(members, message)
        if not line and self._under_way.get(channel.id) is line:
            del self._under_way[channel.id]

    async def _settled(self, channel_id: str) -> None:
        """Wait until all that was said in a channel is stored."""
        while line := self._under_way.get(channel_id):
            await asyncio.wait([line[-1].stored])

    def _say(self, channel: Channel, message: ChannelMessage) -> None:
        """Let all in the channel hear it, after the sender has got the answer of this turn of the loop."""
        if not self._said:
            asyncio.get_running_loop().call_soon(self._let_hear)
        self._said.append((channel, message))

    def _let_hear(self) -> None:
        said, self._said = self._said, []
        for channel, message in said:
            fan_out(self._streams.members(channel.stream), message)

    async def _change(
        self, channel: Channel, message_id: str, content: str, session: Session | None
    ) -> ChannelMessageAck:
        now_us = self._clock.now_us()

        async def body(tx: Tx) -> Stored:
            row = await _own(tx, channel, message_id, session)
            username = row.username if session is None else session.username
            await tx.run(
                QUERIES.change,
                channel_id=channel.id,
                id=message_id,
                content=content,
                username=username,
                updated_us=now_us,
            )
            return Stored(row.id, row.sender_id, username, row.code, content, now_us)

        return self._changed(channel, await self._database.transact(body), _UPDATE, content, now_us)

    async def _remove(self, channel: Channel, message_id: str, session: Session | None) -> ChannelMessageAck:
        async def body(tx: Tx) -> Stored:
            row = await _own(tx, channel, message_id, session)
            await tx.run(QUERIES.remove, channel_id=channel.id, id=message_id)
            return row

        return self._changed(channel, await self._database.transact(body), _REMOVE, "{}", self._clock.now_us())

    def _changed(self, channel: Channel, row: Stored, code: int, content: str, now_us: int) -> ChannelMessageAck:
        message = _message(
            channel, row.id, code, row.sender_id, row.username, content, time_in(row.id), timestamp(now_us), True
        )
        self._say(channel, message)
        return _ack(message)

    async def _page(self, channel: Channel, place: Cursor, limit: int) -> list[Stored]:
        # What is under way here is left out with all that comes after it, or a reader would skip it for good.
        under_way = self._under_way.get(channel.id)
        horizon = under_way[0].message.message_id if under_way else _LAST
        after = place.message_id if place.upward else _FIRST
        before = horizon if place.upward or not place.message_id else min(place.message_id, horizon)
        rows: list[Stored] = await self._database.all(
            QUERIES.newer if place.upward else QUERIES.older,
            Stored,
            channel_id=channel.id,
            after=after,
            before=before,
            limit=limit,
        )
        return rows


def _given(target: str) -> str:
    if not target:
        raise BadInput("Invalid channel target")
    return target


async def _own(tx: Tx, channel: Channel, message_id: str, session: Session | None) -> Stored:
    """A kept message that the session has sent itself; any if there is no session. Raises MessageNotFound."""
    row = await tx.one(QUERIES.find, Stored, channel_id=channel.id, id=message_id)
    if row is None or (session is not None and (row.sender_id, row.code) != (session.user_id, _CHAT)):
        raise MessageNotFound
    return row


def _page(channel: Channel, place: Cursor, rows: Sequence[Stored], more: bool, *, paged: bool) -> ChannelMessageList:
    """The answer for a page in the order of its list, with the cursors of what is around it."""
    forward, channel_id = place.forward, channel.id
    has_next, has_previous = (bool(rows), more) if place.back else (more, paged and bool(rows))
    newest = place.message_id
    if rows:
        newest = rows[-1 if forward else 0].id
    return ChannelMessageList(
        [
            _message(
                channel,
                row.id,
                row.code,
                row.sender_id,
                row.username,
                row.content,
                time_in(row.id),
                timestamp(row.updated_us),
                True,
            )
            for row in rows
        ],
        Cursor(channel_id, rows[-1].id, forward).text() if has_next else "",
        Cursor(channel_id, rows[0].id, forward, back=True).text() if has_previous else "",
        Cursor(channel_id, newest, forward=True).text(),
    )


def _message(
    channel: Channel,
    message_id: str,
    code: int,
    sender_id: str,
    username: str,
    content: str,
    created: Any,
    updated: Any,
    persistent: bool,
) -> ChannelMessage:
    return ChannelMessage(
        channel.id,
        message_id,
        code,
        sender_id,
        username,
        content,
        created,
        updated,
        persistent,
        channel.room_name,
        channel.group_id,
        channel.user_id_one,
        channel.user_id_two,
    )


def _ack(message: ChannelMessage) -> ChannelMessageAck:
    return ChannelMessageAck(
        message.channel_id,
        message.message_id,
        message.code,
        message.username,
        message.create_time,
        message.update_time,
        message.persistent,
        message.room_name,
        message.group_id,
        message.user_id_one,
        message.user_id_two,
    )


def _presence_event(
    stream: Stream, joins: Sequence[UserPresence], leaves: Sequence[UserPresence]
) -> ChannelPresenceEvent:
    channel = channels.of_stream(stream)
    return ChannelPresenceEvent(
        channel.id,
        list(joins),
        list(leaves),
        channel.room_name,
        channel.group_id,
        channel.user_id_one,
        channel.user_id_two,
    )
