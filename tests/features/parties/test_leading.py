"""What a party's leader may do, what only the leader may do, and what members may do: send each other data."""

from __future__ import annotations

from base64 import b64encode

import pytest
from tests.features.parties.gathering import asks, came, gather, leads, over, party, refusal, went

from supergame.core.errors import Conflict, NotFound
from supergame.features.parties import PartyFull


async def test_a_leader_promotes_another_and_everybody_hears_of_it(ann, bob):
    """The answer names the new leader, which nakama-js hands on; the event comes to the one who has asked, too."""
    party_id = await gather(ann, bob)
    assert await ann.ask("party_promote", party_id=party_id, presence=bob.presence) == leads(party_id, bob)
    assert await ann.heard() == await bob.heard() == [leads(party_id, bob)]
    assert await refusal(ann, "party_promote", party_id=party_id, presence=ann.presence) == "party leader only"
    await bob.ask("party_promote", party_id=party_id, presence=ann.presence)
    assert await ann.heard() == [leads(party_id, ann)]


async def test_a_leader_sends_a_member_away(service, ann, bob, cat):
    party_id = await gather(ann, bob, cat)
    assert await ann.ask("party_remove", party_id=party_id, presence=bob.presence) == {}
    assert await bob.heard() == [over(party_id)]
    assert await ann.heard() == await cat.heard() == [went(party_id, bob)]
    assert service.get(party_id).size == 2
    assert await refusal(ann, "party_remove", party_id=party_id, presence=ann.presence) == "party cannot remove self"
    assert await refusal(ann, "party_remove", party_id=party_id, presence=bob.presence) == "party member not found"


async def test_a_leader_ends_the_party_for_all(lobby, service, ann, bob, cat):
    party_id = await gather(ann, bob)
    await ann.ask("party_update", party_id=party_id, open=False)
    await cat.ask("party_join", party_id=party_id)
    for player in (ann, bob):
        await player.heard()
    assert await ann.ask("party_close", party_id=party_id) == {}
    assert await ann.heard() == await bob.heard() == await cat.heard() == [over(party_id)]
    assert service.get(party_id) is None
    assert [lobby.services["presence"].streams_of(player.session) for player in (ann, bob)] == [[], []]


async def test_a_leader_changes_how_the_party_is_found_and_joined(service, ann, bob):
    party_id = await gather(ann, bob, label="old")
    answer = await ann.ask("party_update", party_id=party_id, label='{"mode":"race"}', open=False, hidden=True)
    assert answer == {}
    changed = {"party_update": {"party_id": party_id, "label": '{"mode":"race"}', "hidden": True}}
    assert await ann.heard() == await bob.heard() == [changed]
    info = service.get(party_id)
    assert (info.label, info.open, info.hidden) == ('{"mode":"race"}', False, True)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("party_promote", {"presence": {"session_id": "x"}}),
        ("party_accept", {"presence": {"session_id": "x"}}),
        ("party_remove", {"presence": {"session_id": "x"}}),
        ("party_close", {}),
        ("party_join_request_list", {}),
        ("party_matchmaker_add", {"min_count": 2, "max_count": 2}),
        ("party_matchmaker_remove", {"ticket": "x"}),
        ("party_update", {}),
    ],
)
async def test_a_member_or_a_stranger_leads_nothing(ann, bob, cat, name, what):
    party_id = await gather(ann, bob)
    for player in (bob, cat):
        assert await refusal(player, name, party_id=party_id, **what) == "party leader only"


@pytest.mark.parametrize("name", ["party_promote", "party_accept", "party_remove"])
async def test_it_has_to_be_said_whom_it_concerns(ann, name):
    party_id = await gather(ann)
    assert await refusal(ann, name, party_id=party_id) == "Invalid presence"


async def test_data_goes_to_the_other_members_and_who_asks_is_told_that_it_went(ann, bob, cat):
    """Godot's client waits for the answer, the others give no cid and get none."""
    party_id = await gather(ann, bob, cat)
    data = b64encode(b"follow me").decode()
    cid = bob.tell("party_data_send", party_id=party_id, op_code="7", data=data)
    sent = {"party_data": {"party_id": party_id, "presence": bob.presence, "op_code": "7", "data": data}}
    assert await ann.heard() == await cat.heard() == [sent]
    assert await bob.heard() == [{"cid": cid}]


async def test_only_members_send_data(ann, bob):
    party_id = await gather(ann)
    assert await refusal(bob, "party_data_send", party_id=party_id, op_code="7") == "party member not found"
    assert await ann.heard() == []


async def test_the_game_leads_any_party(service, ann, bob, cat):
    party_id = await gather(ann, bob, open=False, hidden=True, label="kept")
    await ann.ask("party_accept", party_id=party_id, presence=bob.presence)
    service.update(party_id, open=True)
    assert (service.get(party_id).hidden, service.get(party_id).label) == (True, "kept")
    service.remove(party_id, ann.session.id)
    assert service.get(party_id).leader == bob.session.presence
    assert service.join(cat.session, party_id)
    assert service.promote(party_id, cat.session.id) == cat.session.presence
    with pytest.raises(NotFound, match="party member not found"):
        service.promote(party_id, ann.session.id)
    service.close(party_id)
    assert service.get(party_id) is None


async def test_the_game_puts_players_into_closed_parties_too(service, ann, bob, cat):
    party_id = await gather(ann, open=False, max_size=2)
    await bob.ask("party_join", party_id=party_id)
    service.add(bob.session, party_id)
    assert await bob.heard() == [party(party_id, ann, bob, seen_by=bob, max_size=2), came(party_id, bob)]
    assert service.join_requests(party_id) == []
    with pytest.raises(Conflict, match="party join request already member"):
        service.add(bob.session, party_id)
    with pytest.raises(PartyFull, match="party full"):
        service.add(cat.session, party_id)


async def test_the_game_lets_in_who_asks(service, ann, bob):
    party_id = await gather(ann, open=False)
    assert not service.join(bob.session, party_id)
    assert await ann.heard() == [asks(party_id, bob)]
    assert service.join_requests(party_id) == [bob.session.presence]
    service.accept(party_id, bob.session.id)
    assert service.get(party_id).size == 2
