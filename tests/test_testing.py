"""The kit for games' tests: a node in memory, players, and a clock moved by hand."""

import pytest

from supergame import testing
from supergame.core.errors import SupergameError
from supergame.game import Game
from supergame.protocol.chat import ChannelMessage
from supergame.store.sqlite import SqliteDatabase


async def test_two_players_and_a_moved_clock_in_ten_lines():
    game, rings = Game("alarm"), []
    game.every(seconds=60)(lambda ctx: rings.append(ctx.services.clock.now_seconds()))
    async with testing.node(game) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        hall = await ann.socket.join_chat("hall")
        await bob.socket.join_chat("hall")
        await ann.socket.send_chat(hall.id, {"text": "hello"})
        assert (await bob.socket.next(ChannelMessage)).username == "ann"
        await node.advance(seconds=180)
        assert [later - rings[0] for later in rings] == [0, 60, 120]


async def test_the_same_seed_gives_the_same_ids():
    async def first_id(seed):
        async with testing.node(seed=seed) as node:
            ann = await node.player("ann")
            assert (ann.username, ann.user_id) == ("ann", ann.session.user_id)
            return ann.user_id

    assert await first_id(1) == await first_id(1) != await first_id(2)


async def test_a_second_node_takes_up_what_the_first_left_behind(tmp_path):
    clock = testing.ManualClock()
    for created in (True, False):
        database = await SqliteDatabase.open(tmp_path / "data.db", clock=clock)
        async with testing.node(database=database, clock=clock) as node:
            assert (await node.player("ann")).session.created is created
            assert node.clock is clock


async def test_a_games_file_and_settings(tmp_path):
    (tmp_path / "game.py").write_text(
        "from supergame.game import Game\n\ngame = Game('tiny')\ngame.rpc('one')(lambda ctx: 1)\n"
    )
    async with testing.node(str(tmp_path / "game.py"), settings={"edge.server_key": "defaultkey"}) as node:
        assert await (await node.player("ann")).socket.rpc("one") == "1"


async def test_a_game_that_does_not_start_closes_what_was_opened():
    game = Game("broken")
    game.cron("never")(lambda ctx: None)
    database = await SqliteDatabase.memory(clock=testing.ManualClock())
    with pytest.raises(SupergameError, match="cron expression"):
        async with testing.node(game, database=database):
            pass
    with pytest.raises(SupergameError, match="closed"):
        await database.transact(lambda tx: tx)
