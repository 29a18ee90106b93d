"""Channels of groups: the groups say who may be in them, and tell there who came, went, rose and fell."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from supergame.core.errors import BadInput
from supergame.core.feature import Ground
from supergame.edge import fan_out
from supergame.features.chat import channels
from supergame.features.chat.channels import Channel
from supergame.features.chat.door import Door
from supergame.features.chat.model import MessageIds, to_keep, written
from supergame.features.presence import Streams
from supergame.protocol.chat import ChannelMessage, ChannelMessageCode
from supergame.store import Tx, load_queries

FORGOTTEN_PER_TRANSACTION: Final = 1_000  # messages of a group that is gone

Gate = Callable[[str, str], Awaitable[bool]]
"""Says of a (group id, user id) whether that user may be in the group's channel."""

QUERIES = load_queries("supergame.features.chat")


class GroupChannels:
    """What chat offers to the groups; `settled` waits until all that was said in a channel is stored."""

    def __init__(
        self, ground: Ground, streams: Streams, ids: MessageIds, settled: Callable[[str], Awaitable[None]]
    ) -> None:
        self._database = ground.database
        self._streams, self._ids, self._settled = streams, ids, settled
        self._gate: Gate | None = None
        self._door = Door()

    def admit_by(self, gate: Gate) -> None:
        """Let `gate` say who may be in the channels of groups; without one nobody may."""
        self._gate = gate

    async def enter(self, group_id: str, user_id: str) -> Channel:
        """The channel of a group, for a user who may be in it at this moment. Raises BadInput for anybody else."""
        channel, gate = channels.group(group_id), self._gate
        if gate is None or not await self._door.admits(lambda: gate(group_id, user_id)):
            raise BadInput("Group not found")
        return channel

    async def note(self, tx: Tx, group_id: str, code: ChannelMessageCode, user_id: str, username: str) -> None:
        """Write down in a group's channel what happened to a player; all in it hear it once that is kept.

        Of a player whose account is being deleted they hear too, and nothing is kept.
        """
        channel = channels.group(group_id)
        message_id, now = self._ids.next()
        content = written({"username": username})
        message = ChannelMessage(
            channel.id, message_id, int(code), user_id, username, content, now, now, True, group_id=group_id
        )
        await tx.run(QUERIES.keep, **to_keep(message, self._ids.latest_us))
        tx.then(lambda: fan_out(self._streams.members(channel.stream), message))

    def expel(self, group_id: str, user_id: str) -> None:
        """Take a user who is no member any more out of a group's channel."""
        self._door.close()
        stream = channels.group(group_id).stream
        for session in [session for session in self._streams.members(stream) if session.user_id == user_id]:
            self._streams.leave(session, stream)

    def close(self, group_id: str) -> None:
        """Take everybody out of the channel of a group that is gone, and tell them."""
        self._door.close()
        self._streams.farewell(channels.group(group_id).stream)

    async def forget(self, group_id: str) -> None:
        """Delete the history of a group whose channel is closed. Doing so twice is harmless."""
        channel = channels.group(group_id)
        await self._settled(channel.id)
        while await self._database.run(QUERIES.forget_some, channel_id=channel.id, count=FORGOTTEN_PER_TRANSACTION):
            pass
