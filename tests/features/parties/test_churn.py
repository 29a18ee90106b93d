"""Whoever comes, goes, drops or is sent away: a party has one leader, a member, and everybody in it knows who."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.features.lobby import Lobby, Player
from tests.features.parties.conftest import FEATURES

from supergame.core.clock import ManualClock
from supergame.features.parties import Parties
from supergame.store.sqlite import SqliteDatabase

PLAYERS_MAX = 6
JOIN_REQUESTS_MAX = 2

numbers = st.integers(min_value=0, max_value=99)
"""Which of those there are is meant, the first again after the last."""


@dataclass
class Model:
    """What should be true of a party: its members, the longest-standing first, and who waits to be one."""

    open: bool
    max_size: int
    members: list[Player]
    leader: Player
    requests: list[Player] = field(default_factory=list)
    ticket: bool = False


@dataclass
class View:
    """What a player's client knows of a party, from what it has heard and nothing else."""

    leader: str = ""
    members: set[str] = field(default_factory=set)


class Churn(RuleBasedStateMachine):
    """Parties beside the plainest model of them, and beside what their members' clients make of the messages."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.players: list[Player] = []
        self.models: dict[str, Model] = {}
        self.views: dict[Player, dict[str, View]] = {}
        self.runner.run(self._begin())

    async def _begin(self) -> None:
        self.database = await SqliteDatabase.memory(clock=ManualClock())
        limits = {"parties.join_requests_max": JOIN_REQUESTS_MAX, "parties.joins_per_second": 0}
        self.lobby = await Lobby.open(FEATURES, self.database, settings=limits)
        self.parties: Parties = self.lobby.services["parties"]

    def teardown(self) -> None:
        self.runner.run(self._end())
        self.runner.close()

    async def _end(self) -> None:
        await self.lobby.close()
        await self.database.close()

    # -- what players do ---------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.players) < PLAYERS_MAX)
    @rule()
    def come(self) -> None:
        player = self.runner.run(self._enter())
        self.players.append(player)
        self.views[player] = {}

    async def _enter(self) -> Player:
        return self.lobby.enter(f"player{len(self.views)}")

    @precondition(lambda self: self.players)
    @rule(who=numbers, is_open=st.booleans(), max_size=st.integers(min_value=1, max_value=4))
    def create(self, who: int, is_open: bool, max_size: int) -> None:
        player = self._player(who)
        party = self._ask(player, "party_create", open=is_open, max_size=max_size)["party"]
        self.models[party["party_id"]] = Model(is_open, max_size, [player], player)
        self._learn(player, {"party": party})

    @precondition(lambda self: self.models and self.players)
    @rule(who=numbers, which=numbers)
    def join(self, who: int, which: int) -> None:
        player, (party_id, model) = self._player(who), self._party(which)
        answer = self._ask(player, "party_join", party_id=party_id)
        if player in model.members or len(model.members) >= model.max_size:
            assert "error" in answer
        elif model.open:
            assert answer == {}
            self._came(model, player)
        elif player in model.requests or len(model.requests) >= JOIN_REQUESTS_MAX:
            assert "error" in answer
        else:
            assert answer == {}
            model.requests.append(player)

    @precondition(lambda self: self.models and self.players)
    @rule(who=numbers, which=numbers)
    def leave(self, who: int, which: int) -> None:
        player, (party_id, model) = self._player(who), self._party(which)
        assert self._ask(player, "party_leave", party_id=party_id) == {}
        self.views[player].pop(party_id, None)
        self._went(party_id, model, player)

    @precondition(lambda self: self.players)
    @rule(who=numbers)
    def drop(self, who: int) -> None:
        player = self._player(who)
        self.runner.run(self._drop(player))
        self.players.remove(player)
        for party_id, model in list(self.models.items()):
            self._went(party_id, model, player)

    async def _drop(self, player: Player) -> None:
        player.session.close()
        await player.heard()

    @precondition(lambda self: self.models and self.players)
    @rule(who=numbers, which=numbers, whom=numbers)
    def accept(self, who: int, which: int, whom: int) -> None:
        player, (party_id, model), other = self._player(who), self._party(which), self._player(whom)
        answer = self._ask(player, "party_accept", party_id=party_id, presence=other.presence)
        may = player is model.leader and other in model.requests and len(model.members) < model.max_size
        assert answer == {} if may else "error" in answer
        if may:
            self._came(model, other)

    @precondition(lambda self: self.models and self.players)
    @rule(who=numbers, which=numbers, whom=numbers)
    def remove(self, who: int, which: int, whom: int) -> None:
        player, (party_id, model), other = self._player(who), self._party(which), self._player(whom)
        answer = self._ask(player, "party_remove", party_id=party_id, presence=other.presence)
        may = player is model.leader and other is not player and other in [*model.members, *model.requests]
        assert answer == {} if may else "error" in answer
        if may:
            self._went(party_id, model, other)

    @precondition(lambda self: self.models and self.players)
    @rule(who=numbers, which=numbers, whom=numbers)
    def promote(self, who: int, which: int, whom: int) -> None:
        player, (party_id, model), other = self._player(who), self._party(which), self._player(whom)
        answer = self._ask(player, "party_promote", party_id=party_id, presence=other.presence)
        may = player is model.leader and other in model.members
        assert ("error" in answer) is not may
        if may:
            model.leader = other

    @precondition(lambda self: self.models and self.players)
    @rule(who=numbers, which=numbers, is_open=st.booleans())
    def update(self, who: int, which: int, is_open: bool) -> None:
        player, (party_id, model) = self._player(who), self._party(which)
        answer = self._ask(player, "party_update", party_id=party_id, open=is_open)
        assert ("error" in answer) is (player is not model.leader)
        if player is model.leader:
            model.open = is_open

    @precondition(lambda self: self.models and self.players)
    @rule(who=numbers, which=numbers)
    def look_for_others(self, who: int, which: int) -> None:
        player, (party_id, model) = self._player(who), self._party(which)
        if player is model.leader and not model.ticket:
            wish = {"query": "+properties.nobody:has", "min_count": 8, "max_count": 8}
            answer = self._ask(player, "party_matchmaker_add", party_id=party_id, **wish)
            model.ticket = "error" not in answer  # a player may be on three tickets, those of other parties included

    @precondition(lambda self: self.models and self.players)
    @rule(who=numbers, which=numbers)
    def close(self, who: int, which: int) -> None:
        player, (party_id, model) = self._player(who), self._party(which)
        answer = self._ask(player, "party_close", party_id=party_id)
        assert ("error" in answer) is (player is not model.leader)
        if player is model.leader:
            del self.models[party_id]

    def _player(self, number: int) -> Player:
        return self.players[number % len(self.players)]

    def _party(self, number: int) -> tuple[str, Model]:
        return list(self.models.items())[number % len(self.models)]

    def _ask(self, player: Player, name: str, **body: Any) -> dict[str, Any]:
        return self.runner.run(player.ask(name, **body))

    def _came(self, model: Model, player: Player) -> None:
        model.members.append(player)
        model.requests = [waiting for waiting in model.requests if waiting is not player]
        model.ticket = False

    def _went(self, party_id: str, model: Model, player: Player) -> None:
        model.requests = [waiting for waiting in model.requests if waiting is not player]
        if player not in model.members:
            return
        model.members.remove(player)
        model.ticket = False
        if not model.members:
            del self.models[party_id]
        elif player is model.leader:
            model.leader = model.members[0]

    # -- what is true all the time -----------------------------------------------------------------------------

    @invariant()
    def every_party_is_as_it_should_be(self) -> None:
        tickets = self.lobby.services["matchmaker"].stats().ticket_count
        assert tickets == sum(model.ticket for model in self.models.values())
        for party_id, model in self.models.items():
            info = self.parties.get(party_id)
            assert info is not None
            assert info.leader in info.members
            assert info.size <= info.max_size
            assert info.leader == model.leader.session.presence
            assert list(info.members) == [member.session.presence for member in model.members]
            waiting = self.parties.join_requests(party_id)
            assert waiting == [requester.session.presence for requester in model.requests]

    @invariant()
    def no_party_is_left_over(self) -> None:
        found, _ = self.runner.run(self.parties.list(limit=100, hidden=True))
        assert {party.id for party in found} == self.models.keys()

    @invariant()
    def every_client_knows_its_parties_and_no_others(self) -> None:
        for player in self.players:
            for message in self.runner.run(player.heard()):
                self._learn(player, message)
            mine = {party_id: model for party_id, model in self.models.items() if player in model.members}
            assert self.views[player] == {
                party_id: View(model.leader.session.id, {member.session.id for member in model.members})
                for party_id, model in mine.items()
            }

    def _learn(self, player: Player, message: dict[str, Any]) -> None:
        """Do what a client does that is told this."""
        ((name, body),) = message.items()
        views = self.views[player]
        if name == "party":
            members = {presence["session_id"] for presence in body["presences"]}
            views[body["party_id"]] = View(body["leader"]["session_id"], members)
        elif name == "party_close":
            views.pop(body["party_id"], None)
        elif name == "party_leader":
            views[body["party_id"]].leader = body["presence"]["session_id"]
        elif name == "party_presence_event" and body["party_id"] in views:  # else from before it left
            view = views[body["party_id"]]
            view.members |= {presence["session_id"] for presence in body.get("joins", [])}
            view.members -= {presence["session_id"] for presence in body.get("leaves", [])}


TestChurn = Churn.TestCase
TestChurn.settings = settings(
    max_examples=30,
    stateful_step_count=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
