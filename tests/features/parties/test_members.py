"""Who is in a party: making one, joining, asking to be let in, leaving; and what everybody hears of it."""

from __future__ import annotations

import pytest
from tests.features.parties.gathering import asks, came, gather, leads, over, party, refusal, went

from supergame.core.errors import Conflict
from supergame.features.presence import Stream, StreamMode

NOBODYS = "00000000-0000-4000-8000-000000000000.node1"


async def test_who_makes_a_party_leads_it(service, ann):
    answer = await ann.ask("party_create", open=True, max_size=4, label='{"mode":"duel"}')
    party_id = answer["party"]["party_id"]
    assert party_id.endswith(".node1")
    assert answer == party(party_id, ann, seen_by=ann, open=True, max_size=4, label='{"mode":"duel"}')
    assert await ann.heard() == [came(party_id, ann)]
    assert service.get(party_id).leader == ann.session.presence


async def test_who_joins_an_open_party_gets_the_answer_then_the_party_then_the_event(ann, bob):
    party_id = await gather(ann)
    bob.tell("party_join", party_id=party_id)
    assert await bob.heard() == [
        {"cid": "1"},
        party(party_id, ann, bob, seen_by=bob, open=True, max_size=8),
        came(party_id, bob),
    ]
    assert await ann.heard() == [came(party_id, bob)]


async def test_two_who_join_in_one_turn_both_see_the_party_that_it_has_become(ann, bob, cat):
    party_id = await gather(ann)
    for player in (bob, cat):
        player.tell("party_join", party_id=party_id)
    for player in (bob, cat):
        assert await player.heard() == [
            {"cid": "1"},
            party(party_id, ann, bob, cat, seen_by=player, open=True, max_size=8),
            came(party_id, bob, cat),
        ]
    assert await ann.heard() == [came(party_id, bob, cat)]


async def test_who_leaves_in_the_turn_of_joining_is_shown_nothing(ann, bob):
    party_id = await gather(ann)
    bob.tell("party_join", party_id=party_id)
    bob.tell("party_leave", party_id=party_id)
    assert await bob.heard() == [{"cid": "1"}, {"cid": "2"}]
    assert await ann.heard() == []


async def test_a_closed_party_is_asked_and_its_leader_lets_in(ann, bob, cat):
    party_id = await gather(ann, open=False)
    for player in (bob, cat):
        assert await player.ask("party_join", party_id=party_id) == {}
    assert await ann.heard() == [asks(party_id, bob), asks(party_id, cat)]
    assert await ann.ask("party_join_request_list", party_id=party_id) == asks(party_id, bob, cat)

    assert await ann.ask("party_accept", party_id=party_id, presence=cat.presence) == {}
    assert await cat.heard() == [party(party_id, ann, cat, seen_by=cat, max_size=8), came(party_id, cat)]
    assert await ann.heard() == [came(party_id, cat)]
    assert await ann.ask("party_join_request_list", party_id=party_id) == asks(party_id, bob)
    assert await bob.heard() == []


async def test_a_request_is_turned_down_and_may_be_made_again(ann, bob):
    party_id = await gather(ann, open=False)
    await bob.ask("party_join", party_id=party_id)
    assert await ann.ask("party_remove", party_id=party_id, presence=bob.presence) == {}
    assert await bob.heard() == [over(party_id)]
    assert await refusal(ann, "party_accept", party_id=party_id, presence=bob.presence) == (
        "party join request not found"
    )
    assert await bob.ask("party_join", party_id=party_id) == {}


async def test_requests_are_taken_back_by_leaving_or_by_the_end_of_the_session(service, ann, bob, cat):
    party_id = await gather(ann, open=False)
    for player in (bob, cat):
        await player.ask("party_join", party_id=party_id)
    assert await bob.ask("party_leave", party_id=party_id) == {}
    cat.session.close()
    await ann.heard()
    assert service.join_requests(party_id) == []


async def test_who_has_asked_may_join_once_the_party_is_open(service, ann, bob):
    party_id = await gather(ann, open=False)
    await bob.ask("party_join", party_id=party_id)
    await ann.ask("party_update", party_id=party_id, open=True)
    await bob.ask("party_join", party_id=party_id)
    assert service.get(party_id).size == 2
    assert service.join_requests(party_id) == []


async def test_a_session_that_ended_just_now_cannot_be_let_in(lobby, service, ann, bob):
    party_id = await gather(ann, open=False)
    await bob.ask("party_join", party_id=party_id)
    bob.session.close()
    with pytest.raises(Conflict, match="party could not accept request"):
        service.accept(party_id, bob.session.id)
    assert service.get(party_id).size == 1


async def test_a_member_leaves_and_the_others_hear_of_it(service, ann, bob):
    party_id = await gather(ann, bob)
    assert await bob.ask("party_leave", party_id=party_id) == {}
    assert await ann.heard() == [went(party_id, bob)]
    assert await bob.ask("party_leave", party_id=party_id) == {}  # who has left has left
    assert service.get(party_id).members == (ann.session.presence,)


async def test_when_the_leader_leaves_the_longest_standing_member_leads(ann, bob, cat):
    party_id = await gather(ann, bob, cat)
    await ann.ask("party_leave", party_id=party_id)
    for player in (bob, cat):
        assert await player.heard() == [leads(party_id, bob), went(party_id, ann)]
    bob.session.close()
    assert await cat.heard() == [leads(party_id, cat), went(party_id, bob)]


async def test_a_new_leader_hears_of_those_who_wait(ann, bob, cat):
    party_id = await gather(ann, bob)
    await ann.ask("party_update", party_id=party_id, open=False)
    await cat.ask("party_join", party_id=party_id)
    await bob.heard()
    await ann.ask("party_leave", party_id=party_id)
    assert await bob.heard() == [leads(party_id, bob), asks(party_id, cat), went(party_id, ann)]


async def test_a_party_ends_with_its_last_member_and_those_who_wait_hear_of_it(lobby, service, ann, bob):
    party_id = await gather(ann, open=False)
    await bob.ask("party_join", party_id=party_id)
    await ann.ask("party_leave", party_id=party_id)
    assert await bob.heard() == [over(party_id)]
    assert service.get(party_id) is None
    assert await refusal(bob, "party_join", party_id=party_id) == "party not found"
    assert lobby.services["presence"].streams_of(ann.session) == []


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("party_join", {}),
        ("party_promote", {"presence": {"session_id": "x"}}),
        ("party_accept", {"presence": {"session_id": "x"}}),
        ("party_remove", {"presence": {"session_id": "x"}}),
        ("party_close", {}),
        ("party_join_request_list", {}),
        ("party_matchmaker_add", {"min_count": 2, "max_count": 2}),
        ("party_matchmaker_remove", {"ticket": "x"}),
        ("party_data_send", {"op_code": "1"}),
        ("party_update", {}),
    ],
)
async def test_there_has_to_be_such_a_party(ann, name, what):
    assert await refusal(ann, name, party_id=NOBODYS, **what) == "party not found"
    for nonsense in ("", "no party", NOBODYS.removesuffix("node1"), "x.node1"):
        assert await refusal(ann, name, party_id=nonsense, **what) == "Invalid party ID"


async def test_leaving_what_is_no_party_is_refused_and_what_was_one_is_not(ann):
    assert await ann.ask("party_leave", party_id=NOBODYS) == {}
    assert await refusal(ann, "party_leave", party_id="no party") == "Invalid party ID"


async def test_nobody_is_in_a_party_twice(ann, bob, cat):
    party_id = await gather(ann, bob, open=True)
    assert await refusal(bob, "party_join", party_id=party_id) == "party join request already member"
    await ann.ask("party_update", party_id=party_id, open=False)
    await cat.ask("party_join", party_id=party_id)
    assert await refusal(cat, "party_join", party_id=party_id) == "party join request duplicate"


async def test_a_full_party_takes_nobody(ann, bob, cat):
    party_id = await gather(ann, open=False, max_size=2)
    for player in (bob, cat):
        await player.ask("party_join", party_id=party_id)
    await ann.ask("party_accept", party_id=party_id, presence=bob.presence)
    assert await refusal(ann, "party_accept", party_id=party_id, presence=cat.presence) == "party full"
    await ann.ask("party_update", party_id=party_id, open=True)
    assert await refusal(cat, "party_join", party_id=party_id) == "party full"


@pytest.mark.parametrize("size", [-1, 0, 257])
async def test_a_party_has_room_for_1_to_256(service, ann, size):
    assert await refusal(ann, "party_create", open=True, max_size=size) == "Invalid party size, must be 1-256"


async def test_a_label_is_at_most_2048_bytes(ann):
    assert "2048 bytes" in await refusal(ann, "party_create", open=True, max_size=2, label="ü" * 1025)
    party_id = await gather(ann, label="ü" * 1024)
    assert "2048 bytes" in await refusal(ann, "party_update", party_id=party_id, label="x" * 2049)


async def test_whom_the_game_puts_into_the_stream_is_a_member(lobby, service, ann, bob):
    party_id = await gather(ann)
    streams = lobby.services["presence"]
    streams.join(bob.session, Stream(StreamMode.PARTY, party_id.split(".")[0], label="node1"))
    await ann.ask("party_leave", party_id=party_id)
    assert service.get(party_id).leader == bob.session.presence
    bob.session.close()
    await ann.heard()
    assert service.get(party_id) is None
