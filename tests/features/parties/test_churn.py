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

PLAYERS = 5
PARTIES_MAX = 2
JOIN_REQUESTS_MAX = 2

players = st.integers(min_value=0, max_value=PLAYERS - 1)
parties = st.integers(min_value=0, max_value=PARTIES_MAX - 1)
sizes = st.integers(min_value=1, max_value=4)


@dataclass
class Model:
    """What should be true of a party: its members, the longest-standing first, and who waits to be one."""

    open: bool
    max_size: int
    members: list[Player]
    leader: Player
    requests: list[Player] = field(default_factory=list)
    ticket: bool = False

    @property
    def concerned(self) -> list[Player]:
        """Everybody who is in it, or would like to be."""
        return [*self.members, *self.requests]


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
        self.players: dict[int, Player] = {}
        self.made: list[str] = []
        self.models: dict[str, Model] = {}
        self.views: dict[Player, dict[str, View]] = {}
        self.runner.run(self._begin())
        for who in range(PLAYERS):
            self._enter(who)
        for is_open, max_size in ((True, 4), (False, 2)):
            self.create(0, is_open, max_size)
            for who in range(2):
                self.join(who, len(self.models) - 1)

    async def _begin(self) -> None:
        self.database = await SqliteDatabase.memory(clock=ManualClock())
        limits = {
            "parties.per_session_max": PARTIES_MAX,
            "parties.join_requests_max": JOIN_REQUESTS_MAX,
            "parties.joins_per_second": 0,
        }
        self.lobby = await Lobby.open(FEATURES, self.database, settings=limits)
        self.parties: Parties = self.lobby.services["parties"]

    def teardown(self) -> None:
        self.runner.run(self._end())
        self.runner.close()

    async def _end(self) -> None:
        await self.lobby.close()
        await self.database.close()

    def _enter(self, who: int) -> None:
        player = self.players[who] = self.lobby.enter(f"player{who}")
        self.views[player] = {}

    # -- what players do ---------------------------------------------------------------------------------------

    @rule(who=players, is_open=st.booleans(), max_size=sizes)
    @precondition(lambda self: len(self.models) < PARTIES_MAX)
    def create(self, who: int, is_open: bool, max_size: int) -> None:
        player = self.players[who]
        party = self._ask(player, "party_create", open=is_open, max_size=max_size)["party"]
        self.made.append(party["party_id"])
        self.models[party["party_id"]] = Model(is_open, max_size, [player], player)
        self._learn(player, {"party": party})

    @rule(who=players, which=parties)
    @precondition(lambda self: self.models)
    def join(self, who: int, which: int) -> None:
        party_id, model = self._party(which)
        player = self._one(who, [player for player in self.players.values() if player not in model.concerned])
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

    @rule(who=players, which=parties)
    @precondition(lambda self: self.models)
    def leave(self, who: int, which: int) -> None:
        party_id, model = self._party(which)
        self._leave(party_id, model, self._one(who, model.concerned))

    @rule(which=parties)
    @precondition(lambda self: self.models)
    def the_leader_leaves(self, which: int) -> None:
        party_id, model = self._party(which)
        self._leave(party_id, model, model.leader)

    def _leave(self, party_id: str, model: Model, player: Player) -> None:
        assert self._ask(player, "party_leave", party_id=party_id) == {}
        self.views[player].pop(party_id, None)
        self._went(party_id, model, player)

    @rule(who=players)
    def drop(self, who: int) -> None:
        """A player's connection breaks, and the player comes back with another."""
        player = self.players[who]
        self.runner.run(self._drop(player))
        self._enter(who)
        for party_id, model in list(self.models.items()):
            self._went(party_id, model, player)

    async def _drop(self, player: Player) -> None:
        player.session.close()
        await player.heard()

    @rule(which=parties, whom=players)
    @precondition(lambda self: self.models)
    def accept(self, which: int, whom: int) -> None:
        _, model = self._party(which)
        other = self._one(whom, model.requests)
        may = other in model.requests and len(model.members) < model.max_size
        self._lead(which, may, "party_accept", presence=other.presence)
        if may:
            self._came(model, other)

    @rule(which=parties, whom=players)
    @precondition(lambda self: self.models)
    def remove(self, which: int, whom: int) -> None:
        party_id, model = self._party(which)
        other = self._one(whom, model.concerned)
        may = other is not model.leader
        self._lead(which, may, "party_remove", presence=other.presence)
        if may:
            self._went(party_id, model, other)

    @rule(which=parties, whom=players)
    @precondition(lambda self: self.models)
    def promote(self, which: int, whom: int) -> None:
        _, model = self._party(which)
        other = self._one(whom, model.members)
        self._lead(which, True, "party_promote", presence=other.presence)
        model.leader = other

    @rule(which=parties)
    @precondition(lambda self: self.models)
    def open_or_close_the_door(self, which: int) -> None:
        _, model = self._party(which)
        model.open = not model.open
        self._lead(which, True, "party_update", open=model.open)

    @rule(which=parties)
    @precondition(lambda self: any(not model.ticket for model in self.models.values()))
    def look_for_others(self, which: int) -> None:
        _, model = self._party(which)
        if not model.ticket:
            self._lead(which, True, "party_matchmaker_add", query="+properties.no:one", min_count=8, max_count=8)
            model.ticket = True

    @rule(which=parties)
    @precondition(lambda self: len(self.models) == PARTIES_MAX)
    def close(self, which: int) -> None:
        party_id, _ = self._party(which)
        self._lead(which, True, "party_close")
        del self.models[party_id]

    @rule(
        who=players,
        which=parties,
        name=st.sampled_from(["party_accept", "party_remove", "party_promote", "party_update", "party_close"]),
    )
    @precondition(lambda self: self.models)
    def somebody_tries_to_lead(self, who: int, which: int, name: str) -> None:
        player, (party_id, model) = self.players[who], self._party(which)
        if player is not model.leader:
            whom = {} if name in ("party_update", "party_close") else {"presence": player.presence}
            assert "error" in self._ask(player, name, party_id=party_id, **whom)

    def _lead(self, which: int, may: bool, name: str, **body: Any) -> None:
        """The leader does something that should go well, or be refused."""
        party_id, model = self._party(which)
        assert ("error" in self._ask(model.leader, name, party_id=party_id, **body)) is not may

    def _one(self, number: int, wanted: list[Player]) -> Player:
        """One of those who are wanted, or of all where nobody is: then it is to be refused."""
        among = wanted or list(self.players.values())
        return among[number % len(among)]

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
    def what_is_over_is_gone(self) -> None:
        assert [party_id for party_id in self.made if self.parties.get(party_id)] == list(self.models)

    @invariant()
    def every_client_knows_its_parties_and_no_others(self) -> None:
        for player in self.players.values():
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
    max_examples=50,
    stateful_step_count=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
