"""A whole node does the same on SQLite and on PostgreSQL."""

import pytest
from tests.store.postgres_server import postgres_server, postgres_url  # noqa: F401 - fixtures

from supergame import testing
from supergame.client import RequestFailed
from supergame.game import Game
from supergame.protocol.storage import WriteStorageObject
from supergame.store.postgres import PostgresDatabase
from supergame.store.sqlite import SqliteDatabase


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request, tmp_path, postgres_url):  # noqa: F811
    clock = testing.ManualClock()
    if request.param == "sqlite":
        yield clock, lambda: SqliteDatabase.open(tmp_path / "game.db", clock=clock)
        return
    random = testing.SeededIds().random()
    yield clock, lambda: PostgresDatabase.open(postgres_url, clock=clock, jitter=random)


async def test_what_players_did_is_there_after_a_restart(database):
    clock, connect = database
    game = Game("test", folder=".")
    game.leaderboard("best")
    async with testing.node(game, database=await connect(), clock=clock) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        ack = await ann.client.write_object(ann.session, "saves", "slot1", {"level": 3})
        channel = await ann.socket.join_chat("lobby")
        await ann.socket.send_chat(channel.id, {"text": "hello"})
        await ann.client.write_score(ann.session, "best", 10)
        await bob.client.write_score(bob.session, "best", 20)
        with pytest.raises(RequestFailed) as stale:
            await ann.client.write_objects(ann.session, [WriteStorageObject("saves", "slot1", "{}", version="0" * 32)])
        assert stale.value.code == 3

    async with testing.node(game, database=await connect(), clock=clock, seed=1) as node:
        again = await node.player("ann")
        assert again.user_id == ann.user_id
        assert not again.session.created
        stored = await again.client.read_object(again.session, "saves", "slot1")
        assert (stored.value, stored.version) == ('{"level":3}', ack.version)
        history = await again.client.list_messages(again.session, channel.id)
        assert [message.content for message in history.messages] == ['{"text":"hello"}']
        board = await again.client.list_scores(again.session, "best")
        assert [(record.username, record.score, record.rank) for record in board.records] == [
            ("bob", 20, 1),
            ("ann", 10, 2),
        ]
        await again.client.delete_account(again.session)
        left = await node.services.leaderboards.records_list("best")
        assert [record.owner_id for record in left.records] == [bob.user_id]
