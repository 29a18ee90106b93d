"""Speakers: what becomes of all that a player has said when the account is deleted, merged or exported.

The channel of direct messages names both players. So the whole conversation goes with either of them, and moves to
another channel when one of them becomes another account.
"""

from __future__ import annotations

from typing import Any

from supergame.features.accounts import AccountMerged, Accounts, archived
from supergame.features.chat import channels
from supergame.features.chat.model import Kept, written
from supergame.features.presence import StreamMode
from supergame.protocol.chat import ChannelMessageCode
from supergame.store import Tx, load_queries

QUERIES = load_queries("supergame.features.chat")


class Speakers:
    """All that one player has said, and what was said to them alone."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def forget(self, tx: Tx, user_id: str) -> None:
        """Delete what a player has said, and all direct messages with them."""
        await tx.run(QUERIES.forget, user_id=user_id)
        await tx.run(QUERIES.forget_direct_first, **_named_first(user_id))
        await tx.run(QUERIES.forget_direct_second, user_id=user_id)

    async def absorb(self, tx: Tx, event: AccountMerged) -> None:
        """Let one account have said what another has. What the two have said to each other is forgotten."""
        from_id, into_id = event.from_id, event.into_id
        username = (await self._accounts.usernames([into_id], tx=tx)).get(into_id, "")
        await tx.run(
            QUERIES.move_sender,
            from_id=from_id,
            into_id=into_id,
            username=username,
            told=written({"username": username}),
            last_of_players=int(ChannelMessageCode.CHAT_REMOVE),
        )
        for channel_id in await tx.all(QUERIES.list_direct, str, user_id=from_id, **_named_first(from_id)):
            channel = channels.parse(channel_id)
            other_id = channel.user_id_two if channel.user_id_one == from_id else channel.user_id_one
            if other_id != into_id:
                moved = channels.direct(into_id, other_id).id
                await tx.run(QUERIES.move_channel, from_channel_id=channel_id, into_channel_id=moved)

    async def export(self, tx: Tx, user_id: str) -> dict[str, Any]:
        """All that a player has said, and both sides of their direct messages."""
        rows = await tx.all(QUERIES.read_user, Kept, user_id=user_id, **_named_first(user_id))
        return {"messages": [archived(row, json=("content",)) for row in rows]}


def _named_first(user_id: str) -> dict[str, str]:
    """The range of the channels of direct messages that name a player first."""
    prefix = f"{int(StreamMode.DIRECT_MESSAGE)}.{user_id}"
    return {"low": f"{prefix}.", "high": f"{prefix}/"}
