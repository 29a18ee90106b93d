"""An account that is deleted leaves nothing of the player in any table, whichever feature it belongs to."""

from __future__ import annotations

from typing import Any

from supergame import testing
from supergame.game import Game
from supergame.protocol.chat import ChannelType
from supergame.store import Database, Query

TOKENS_GONE_SECONDS = 3_700
"""When the tokens of a deleted player have expired, and what says that they are called back has been swept."""


def row(*columns: Any) -> tuple[Any, ...]:
    return columns


async def tables_that_name(database: Database, *texts: str) -> set[str]:
    """The tables in which any of these texts is part of a column."""
    found = set()
    for table in await database.all(Query("tables", "SELECT name FROM sqlite_master WHERE type = 'table'"), str):
        for columns in await database.all(Query("rows", f"SELECT * FROM {table}"), row):
            if any(text in str(column) for column in columns for text in texts):
                found.add(table)
    return found


async def test_a_deleted_player_is_nowhere() -> None:
    game = Game("deletion", folder=".")
    game.leaderboard("board")
    game.leaderboard("daily", reset="@daily")
    async with testing.node(game) as node:
        database = node.node.database
        ann, bob = await node.player("ann-the-quick"), await node.player("bob")
        await ann.client.link_custom(ann.session, "custom-of-ann-the-quick")
        await ann.client.link_email(ann.session, "ann-the-quick@example.com", "correct horse")
        await ann.client.refresh(ann.session)
        await ann.client.write_object(ann.session, "saves", "slot", {"of": ann.user_id})
        for board in ("board", "daily"):
            await ann.client.write_score(ann.session, board, 5)
        room = await ann.socket.join_chat("hall")
        await ann.socket.send_chat(room.id, {"text": "I am ann-the-quick"})
        direct = await ann.socket.join_chat(bob.user_id, kind=ChannelType.DIRECT_MESSAGE)
        await ann.socket.send_chat(direct.id, {})
        for to, sender in ((ann, bob), (bob, ann)):
            await node.services.notifications.send(to.user_id, "A gift", {}, 1, sender_id=sender.user_id)

        traces = (ann.user_id, "ann-the-quick")
        before = await tables_that_name(database, *traces)
        assert before >= {
            "accounts_user",
            "accounts_identity",
            "accounts_session_family",
            "storage_objects",
            "chat_message",
            "leaderboards_record",
            "notifications_notification",
        }
        await ann.client.delete_account(ann.session)
        await node.node.events.settle()
        assert await tables_that_name(database, *traces) == {"accounts_revocation"}
        await node.advance(TOKENS_GONE_SECONDS)
        assert await tables_that_name(database, *traces) == set()
