"""Players who gather in parties: making one, joining it, and the messages that they should hear."""

from __future__ import annotations

from typing import Any

from tests.features.lobby import Player

BAD_INPUT = 3


async def gather(leader: Player, *others: Player, **party: Any) -> str:
    """The leader makes an open party and the others join; what they hear of it is taken. Gives its id."""
    created = await leader.ask("party_create", **{"open": True, "max_size": 8, **party})
    party_id: str = created["party"]["party_id"]
    for player in others:
        assert await player.ask("party_join", party_id=party_id) == {}
    for player in (leader, *others):
        await player.heard()
    return party_id


def party(party_id: str, *members: Player, seen_by: Player, **settings: Any) -> dict[str, Any]:
    """What one of the members, led by the first, is told of the party."""
    return {
        "party": {
            "party_id": party_id,
            **settings,
            "self": seen_by.presence,
            "leader": members[0].presence,
            "presences": [member.presence for member in members],
        }
    }


def came(party_id: str, *players: Player) -> dict[str, Any]:
    return {"party_presence_event": {"party_id": party_id, "joins": [player.presence for player in players]}}


def went(party_id: str, *players: Player) -> dict[str, Any]:
    return {"party_presence_event": {"party_id": party_id, "leaves": [player.presence for player in players]}}


def leads(party_id: str, player: Player) -> dict[str, Any]:
    return {"party_leader": {"party_id": party_id, "presence": player.presence}}


def asks(party_id: str, *players: Player) -> dict[str, Any]:
    return {"party_join_request": {"party_id": party_id, "presences": [player.presence for player in players]}}


def over(party_id: str) -> dict[str, Any]:
    return {"party_close": {"party_id": party_id}}


async def refusal(player: Player, name: str, **body: Any) -> str:
    """What the player is refused with, as bad input."""
    answer = await player.ask(name, **body)
    assert answer["error"]["code"] == BAD_INPUT, answer
    message: str = answer["error"]["message"]
    return message
