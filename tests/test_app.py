"""A node as a whole: what it starts in which order, how it stops, and what a failing start leaves behind."""

import asyncio
import dataclasses
import socket

import pytest
from structlog.testing import capture_logs

from supergame import app as app_module
from supergame import testing
from supergame.app import SECTIONS, Node, NodeSettings, migration_sets
from supergame.client import Client
from supergame.core.config import BadSetting, Config, table
from supergame.core.errors import Unavailable
from supergame.core.feature import Feature
from supergame.features import FEATURES
from supergame.game import Game, Match
from supergame.store import InUse
from supergame.store.sqlite import SqliteDatabase


class Part:
    """A service that tells when it is started and stopped."""

    def __init__(self, said, *, fails=None, hangs=False):
        self._said, self._fails, self._hangs = said, fails, hangs

    async def start(self):
        self._said.append("start")
        if self._fails == "start":
            raise ValueError("it does not start")

    async def stop(self):
        self._said.append("stop")
        if self._fails == "stop":
            raise ValueError("it does not stop")
        if self._hangs:
            await asyncio.Event().wait()


def part(said, **how) -> Feature:
    """A feature whose service is such a part."""
    return Feature(name="presence_too", service=lambda ground: Part(said, **how))


@pytest.fixture
def config(tmp_path):
    options = {"host": "127.0.0.1", "port": 0, "grpc": False, "grace_seconds": 0}
    edge = {f"edge.{name}": value for name, value in options.items()}
    return Config.load(SECTIONS, options={"node.data": str(tmp_path), **edge})


async def new(config, *more):
    """A node on a file in the data folder, with more features than usual."""
    database = await SqliteDatabase.open(
        app_module.Path(config.section(NodeSettings).data) / "data.db", clock=testing.ManualClock()
    )
    node = Node(config, database=database, features=FEATURES)
    for feature in more:
        service = feature.service(None)
        node._by_name[feature.name] = service
    return node


async def test_a_node_of_the_settings_starts_answers_and_stops(config):
    node = await Node.open(config)
    with pytest.raises(InUse):
        await Node.open(config)
    heard = []
    game = Game("life")
    game.on("start")(lambda ctx: heard.append("start"))
    game.on("stop")(lambda ctx: heard.append("stop"))
    await node.start(game)
    async with Client(port=node.port) as client:
        await client.authenticate_device("device-0001")
    await node.stop()
    await node.stop()
    assert heard == ["start", "stop"]
    with pytest.raises(Unavailable):
        await node.database.transact(lambda tx: None)
    await (await Node.open(config)).stop()  # the data is free again


async def test_a_part_that_does_not_start_leaves_nothing_open(config):
    said = []
    node = await new(config, part(said, fails="start"))
    with pytest.raises(ValueError, match="it does not start"):
        await node.start()
    assert said == ["start", "stop"]
    with pytest.raises(RuntimeError):
        node.port  # noqa: B018
    await (await new(config)).stop()


async def test_a_port_that_is_taken_leaves_nothing_open(config):
    heard = []
    game = Game("life")
    game.on("stop")(lambda ctx: heard.append("stop"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        edge = dataclasses.replace(config.section(app_module.EdgeSettings), port=taken.getsockname()[1])
        node = await new(config.replace(edge))
        with pytest.raises(BadSetting, match=r"cannot listen on 127\.0\.0\.1"):
            await node.start(game)
    assert heard == ["stop"]  # for it had heard of the start
    await (await new(config)).stop()


@pytest.mark.parametrize(
    ("how", "event"), [({"fails": "stop"}, "could not be stopped properly"), ({"hangs": True}, "did not stop in time")]
)
async def test_a_part_that_does_not_stop_is_reported_and_the_rest_stops(config, how, event, monkeypatch):
    monkeypatch.setattr(app_module, "PART_STOP_SECONDS_MAX", 0.05)
    said = []
    node = await new(config, part(said, **how))
    await node.start()
    with capture_logs() as logs:
        await node.stop()
    assert said == ["start", "stop"]
    assert [(line["event"], line["part"]) for line in logs if "part" in line] == [(event, "presence_too")]
    await (await new(config)).stop()


async def test_a_login_under_way_is_answered_while_the_node_stops():
    """Its password is being hashed, which takes a while, when the node is told to stop."""
    game, began = Game("stopping"), asyncio.Event()

    @game.before("AuthenticateEmail")
    def note(ctx, request):
        began.set()

    async with testing.node(game, settings={"edge.grace_seconds": 5}) as node:
        client, ann = node.client(), await node.player("ann")
        login = asyncio.ensure_future(client.authenticate_email("ann@example.com", "correct horse"))
        await began.wait()
        assert not login.done()
        await node.node.stop()
        assert (await login).token
        await ann.socket.closed.wait()


class Counting(Match):
    def init(self, params):
        self.said = params["said"]

    def terminate(self, grace_seconds):
        self.said.append(f"terminate {grace_seconds}")

    def leave(self, presences):
        self.said.append("leave")


async def test_matches_hear_of_the_stop_before_their_players_are_gone():
    game, said = Game("stopping"), []
    game.match("counting")(Counting)
    game.on("stop")(lambda ctx: said.append("stop"))
    async with testing.node(game) as node:
        ann = await node.player("ann")
        match_id = await node.services.matches.create("counting", {"said": said})
        await ann.socket.join_match(match_id)
        await node.node.stop()
        await ann.socket.closed.wait()
    assert said == ["stop", "terminate 0"]


async def test_whoever_comes_while_the_node_stops_is_not_let_in():
    game = Game("stopping")
    reached = []

    @game.on("stop")
    async def look(ctx):
        try:
            await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            reached.append("refused")

    async with testing.node(game) as node:
        port = node.port
        await node.node.stop()
    assert reached == ["refused"]


async def test_events_left_by_the_last_run_are_told_at_the_start(config):
    from supergame.features.accounts import AccountDeleted

    first = await new(config)
    await first.database.migrate(migration_sets(first.events))
    first.events.hear(AccountDeleted, lambda event: None)
    await first.database.transact(lambda tx: first.events.announce(tx, AccountDeleted("somebody")))
    await first.stop()  # before it has told anybody
    second, heard = await new(config), []
    second.events.hear(AccountDeleted, lambda event: heard.append(event.user_id))
    await second.start()
    await second.stop()
    assert heard == ["somebody"]


def test_every_setting_has_a_name_of_its_own_and_a_sentence():
    rows = table(SECTIONS)
    assert len({row.variable for row in rows.values()}) == len(rows)
    assert all(row.help.endswith(".") for row in rows.values())


async def test_features_bring_their_tables(config):
    node = await new(config)
    names = [found.name for found in migration_sets(node.events)]
    assert names[0] == "outbox"
    assert {"accounts", "storage", "chat"} <= set(names)
    await node.stop()
