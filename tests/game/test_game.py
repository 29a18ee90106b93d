"""What else a game brings: routes, files, tables, jobs, leaderboards, listeners, and its say in matchmaking."""

import asyncio
from pathlib import Path

import aiohttp
import msgspec
import pytest
from structlog.testing import capture_logs

from supergame import testing
from supergame.client import RequestFailed
from supergame.core.clock import ManualClock
from supergame.game import (
    BadGame,
    BadInput,
    Game,
    Match,
    Refused,
    Response,
    Stream,
    load_queries,
)
from supergame.game.game import EVENTS
from supergame.protocol.matchmaker import MatchmakerMatched
from supergame.protocol.presence import StreamData
from supergame.store.sqlite import SqliteDatabase


async def fetch(node, method, path, **options):
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, f"http://127.0.0.1:{node.port}{path}", **options) as answer,
    ):
        return answer.status, answer.content_type, await answer.text()


async def test_routes_of_the_games_own():
    game = Game("routes")

    @game.get("/status")
    def status(ctx, request):
        return {"players": len(ctx.services.sessions), "from": ctx.address}

    @game.post("/hooks/{shop}")
    async def hook(ctx, request):
        if request.headers.get("x-key") != "secret":
            raise Refused("Wrong key.")
        await asyncio.sleep(0)
        return f"{request.params['shop']} sold {request.json()['item']}"

    @game.route("put", "/silent")
    def silent(ctx, request):
        return None

    @game.get("/page")
    def page(ctx, request):
        return Response("<p>", 201, "text/html")

    @game.get("/bytes")
    async def raw(ctx, request):
        return b"\x00"

    @game.get("/crash")
    def crash(ctx, request):
        raise KeyError("a mistake of the author's")

    async with testing.node(game) as node:
        assert await fetch(node, "GET", "/status") == (
            200, "application/json", '{"players":0,"from":"127.0.0.1"}',
        )  # fmt: skip
        sold = await fetch(node, "POST", "/hooks/steam", json={"item": "sword"}, headers={"X-Key": "secret"})
        assert sold[::2] == (200, "steam sold sword")
        refused = await fetch(node, "POST", "/hooks/steam", json={})
        assert refused[0] == 403
        assert "Wrong key." in refused[2]
        assert (await fetch(node, "PUT", "/silent"))[0] == 204
        assert (await fetch(node, "GET", "/page"))[:2] == (201, "text/html")
        assert (await fetch(node, "GET", "/bytes"))[2] == "\x00"
        with capture_logs() as logs:
            assert (await fetch(node, "GET", "/crash"))[0] == 500
        assert any("exc_info" in line for line in logs)


def test_the_servers_own_addresses_are_taken():
    game = Game("routes")
    for path in ("/v2/account", "/ws", "nowhere"):
        with pytest.raises(BadGame, match="cannot be a route"):
            game.get(path)


async def test_a_route_twice_is_refused_at_the_start():
    game = Game("routes")
    for _ in range(2):
        game.get("/same")(lambda ctx, request: "")
    with pytest.raises(BadGame):
        async with testing.node(game):
            pass


async def test_static_folders(tmp_path):
    (tmp_path / "web").mkdir()
    (tmp_path / "web/index.html").write_text("<h1>hello")
    game = Game("files", folder=tmp_path)
    game.static("/", "web")
    async with testing.node(game) as node:
        assert await fetch(node, "GET", "/") == (200, "text/html", "<h1>hello")
    with pytest.raises(BadGame, match=r"static folder .*nowhere does not exist"):
        game.static("/", "nowhere")


async def test_tables_of_the_games_own(tmp_path):
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations/0001_pets.sql").write_text(
        "CREATE TABLE game_pet (owner TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (owner, name));"
    )
    (tmp_path / "queries.sql").write_text(
        "-- name: add_pet\n-- A new pet.\nINSERT INTO game_pet (owner, name) VALUES (:owner, :name);\n\n"
        "-- name: list_pets\n-- In order of their names.\nSELECT name FROM game_pet WHERE owner = :owner ORDER BY name;"
    )
    game = Game("pets", folder=tmp_path)
    game.migrations("migrations")
    queries = game.queries()

    class Pet(msgspec.Struct):
        name: str

    @game.rpc
    async def adopt(ctx, name: str) -> list[Pet]:
        async def body(tx):
            await tx.run(queries.add_pet, owner=ctx.user_id, name=name)
            return await tx.all(queries.list_pets, Pet, owner=ctx.user_id)

        return await ctx.services.database.transact(body)

    clock = ManualClock()
    file = tmp_path / "data.db"
    for name, pets in (("Rex", '[{"name":"Rex"}]'), ("Ada", '[{"name":"Ada"},{"name":"Rex"}]')):
        database = await SqliteDatabase.open(file, clock=clock)
        async with testing.node(game, database=database, clock=clock) as node:
            ann = await node.player("ann")
            assert await ann.socket.rpc("adopt", name) == pets

    for missing in (lambda: game.migrations("nowhere"), lambda: game.queries("nowhere.sql")):
        with pytest.raises(BadGame, match="does not exist"):
            missing()
    assert load_queries("supergame.features.storage")


async def test_jobs_run_when_they_are_due_one_run_at_a_time():
    game = Game("jobs")
    ran, free = [], asyncio.Event()

    @game.every(seconds=10)
    async def often(ctx):
        ran.append(ctx.services.clock.now_seconds() % 100)

    @game.cron("*/5 * * * *")
    def seldom(ctx):
        ran.append("seldom")
        raise ValueError("a failing job is tried again")

    @game.every(seconds=60)
    async def slow(ctx):
        ran.append("slow")
        await free.wait()

    async with testing.node(game, clock=ManualClock(1_700_000_100_000_000)) as node:
        await node.advance(25)
        assert ran == [10, 20]
        ran.clear()
        with capture_logs() as logs:
            await node.advance(595)
        assert (ran.count("seldom"), ran.count("slow")) == (2, 1)
        assert "a job failed" in {line["event"] for line in logs}
        free.set()
    with pytest.raises(BadGame, match="two jobs called 'often'"):
        game.every(1)(often)


async def test_a_job_whose_time_makes_no_sense_is_refused_at_the_start():
    game = Game("jobs")
    game.cron("every full moon")(lambda ctx: None)
    with pytest.raises(BadInput, match="cron expression"):
        async with testing.node(game):
            pass


async def test_leaderboards_are_there_from_the_start_and_their_reset_is_heard():
    game = Game("boards")
    resets = []
    game.leaderboard("best", sort="asc", metadata={"unit": "s"})
    game.leaderboard("daily", reset="0 0 * * *", authoritative=True)

    @game.on("leaderboard_reset")
    def reset(ctx, leaderboard):
        resets.append(leaderboard.id)

    async with testing.node(game) as node:
        boards = {board.id: board for board in await node.services.leaderboards.list()}
        assert set(boards) == {"best", "daily"}
        assert boards["best"].metadata == {"unit": "s"}
        ann = await node.player("ann")
        await ann.client.write_score(ann.session, "best", 12)
        with pytest.raises(RequestFailed, match="Leaderboard only allows authoritative submissions"):
            await ann.client.write_score(ann.session, "daily", 12)
        await node.services.leaderboards.record_write("daily", ann.user_id, 5, username="ann")
        await node.advance(24 * 3600)
        await node.node.events.settle()
    assert resets == ["daily"]


async def test_listeners_hear_of_the_nodes_life_and_the_sessions():
    game = Game("events")
    heard, ended = [], asyncio.Event()

    def listen(event):
        @game.on(event)
        async def note(ctx):
            heard.append((event, ctx.username))
            if event == "session_end":
                ended.set()

    for event in ("start", "stop", "session_start", "session_end"):
        listen(event)

    @game.on("session_start")
    def crash(ctx):
        raise ValueError("a failing listener reaches nobody")

    with capture_logs() as logs:
        async with testing.node(game) as node:
            ann = await node.player("ann")
            await ann.socket.ping()
            await ann.socket.close()
            await ended.wait()
    assert heard == [("start", ""), ("session_start", "ann"), ("session_end", "ann"), ("stop", "")]
    assert [line["game_event"] for line in logs if line["event"] == "a listener of the game failed"] == [
        "session_start"
    ]
    with pytest.raises(BadGame, match="no event called 'birthday'"):
        game.on("birthday")
    assert "start" in EVENTS


class Duel(Match):
    def init(self, params):
        self.expected = params["players"]


async def test_the_game_says_what_matched_players_get():
    game = Game("matched")
    game.match("duel")(Duel)

    @game.matchmaker_matched
    async def matched(ctx, tickets):
        players = [ticket.presences[0].username for ticket in tickets]
        return await ctx.services.matches.create("duel", {"players": sorted(players)})

    async with testing.node(game, settings={"matchmaker.interval_seconds": 1}) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        for player in (ann, bob):
            await player.socket.add_matchmaker()
        await node.advance(1)
        found = await ann.socket.next(MatchmakerMatched)
        assert (await ann.socket.join_match(found.match_id)).authoritative
        running = node.services.matches.running(found.match_id).match
        assert running.expected == ["ann", "bob"]
        assert running.services is node.services


async def test_streams_of_the_games_own_carry_its_texts():
    """Join, list, count, send and leave, by the ids of sessions."""
    game = Game("streams")
    guild = Stream(123, "the-guild")

    @game.rpc
    def enter(ctx) -> int:
        streams = ctx.services.presence
        streams.join(ctx.session, guild)
        streams.send_data(guild, f"{ctx.username} is here")
        return streams.count(guild)

    @game.rpc
    def kick(ctx, session_id: str) -> bool:
        return ctx.services.presence.leave(ctx.services.sessions.get(session_id), guild)

    async with testing.node(game) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        assert await ann.socket.rpc("enter") == "1"
        assert await bob.socket.rpc("enter") == "2"
        texts = [(await ann.socket.next(StreamData)).data for _ in range(2)]
        assert texts == ["ann is here", "bob is here"]
        (bobs, *_) = node.services.sessions.of_user(bob.user_id)
        assert await ann.socket.rpc("kick", bobs.id) == "true"
        assert [presence.username for presence in node.services.presence.presences(guild)] == ["ann"]


async def test_game_code_ends_sessions():
    async with testing.node() as node:
        ann = await node.player("ann")
        assert node.services.sessions.disconnect(user_id=ann.user_id) == 1
        await ann.socket.closed.wait()
        await node.services.accounts.session_logout(ann.user_id)
        with pytest.raises(RequestFailed, match="Auth token invalid"):
            await ann.client.account(ann.session)


def test_a_match_class_has_to_be_one():
    game = Game("matches")
    with pytest.raises(BadGame, match="subclass"):
        game.match("thing")(dict)  # type: ignore[type-var]

    class TooFast(Match):
        tick_rate = 61

    with pytest.raises(BadGame, match="tick_rate has to be 1 to 60"):
        game.match("fast")(TooFast)
    game.match("duel")(Duel)
    with pytest.raises(BadGame, match="two match classes called 'duel'"):
        game.match("duel")(Duel)


def test_paths_begin_at_the_file_that_makes_the_game():
    assert Game("here").folder == Path(__file__).resolve().parent
    assert eval("Game('there').folder", {"Game": Game}) == Path.cwd()
