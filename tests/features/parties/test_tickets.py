"""The matchmaker takes a party as one ticket: its members are matched together or not at all."""

from __future__ import annotations

import pytest
from tests.features.parties.gathering import gather, refusal

from supergame.core.errors import NotFound

INTERVAL_SECONDS = 2.0
TWO_AGAINST_TWO = {"min_count": 4, "max_count": 4, "query": "*"}


@pytest.fixture
def matchmaker(lobby):
    return lobby.services["matchmaker"]


@pytest.fixture
def players(lobby):
    return [lobby.enter(name) for name in ("ann", "bob", "cat", "dan")]


def ticket_of(message):
    return message["party_matchmaker_ticket"]["ticket"]


async def matched(player):
    """The one matchmaker_matched among what the player has heard."""
    (found,) = [message for message in await player.heard() if "matchmaker_matched" in message]
    return found["matchmaker_matched"]


async def test_the_leaders_ticket_is_told_to_everybody(players):
    ann, bob, *_ = players
    party_id = await gather(ann, bob)
    answer = await ann.ask("party_matchmaker_add", party_id=party_id, **TWO_AGAINST_TWO)
    assert answer["party_matchmaker_ticket"]["party_id"] == party_id
    assert await bob.heard() == [answer]
    assert await ann.heard() == []


async def test_two_parties_are_matched_and_every_member_hears_of_it(lobby, players):
    ann, bob, cat, dan = players
    parties = {await gather(ann, bob): (ann, bob), await gather(cat, dan): (cat, dan)}
    tickets = {}
    for party_id, (leader, _) in parties.items():
        what = {**TWO_AGAINST_TWO, "string_properties": {"mode": "duel"}, "numeric_properties": {"skill": 5}}
        tickets[party_id] = ticket_of(await leader.ask("party_matchmaker_add", party_id=party_id, **what))
    await lobby.clock.advance(INTERVAL_SECONDS)
    tokens = set()
    for party_id, members in parties.items():
        for member in members:
            found = await matched(member)
            tokens.add(found["token"])
            assert found["ticket"] == tickets[party_id]
            assert found["self"] == {
                "presence": member.presence,
                "party_id": party_id,
                "string_properties": {"mode": "duel"},
                "numeric_properties": {"skill": 5},
            }
            assert sorted(user["presence"]["username"] for user in found["users"]) == ["ann", "bob", "cat", "dan"]
    assert len(tokens) == 1


async def test_a_party_that_is_enough_for_itself_is_matched_alone(lobby, players):
    ann, bob, *_ = players
    party_id = await gather(ann, bob)
    await ann.ask("party_matchmaker_add", party_id=party_id, min_count=2, max_count=2)
    await lobby.clock.advance(INTERVAL_SECONDS)
    assert (await matched(bob))["token"] == (await matched(ann))["token"]


async def test_a_party_waits_for_those_whom_its_query_names(lobby, matchmaker, players):
    ann, bob, cat, dan = players
    party_id = await gather(ann, bob)
    await ann.ask("party_matchmaker_add", party_id=party_id, min_count=3, max_count=3, query="+properties.mode:duel")
    race = {"query": "+properties.mode:race", "string_properties": {"mode": "race"}}
    await cat.ask("matchmaker_add", min_count=3, max_count=3, **race)
    await lobby.clock.advance(3 * INTERVAL_SECONDS)
    assert matchmaker.stats().ticket_count == 2
    await dan.ask("matchmaker_add", min_count=3, max_count=3, query="*", string_properties={"mode": "duel"})
    await lobby.clock.advance(INTERVAL_SECONDS)
    assert [user.get("party_id") for user in (await matched(dan))["users"]] == [party_id, party_id, None]


@pytest.mark.parametrize("change", ["come", "leave", "drop", "remove", "close"])
async def test_a_change_of_members_takes_the_partys_tickets_back(matchmaker, players, change):
    ann, bob, cat, _ = players
    party_id = await gather(ann, bob)
    await ann.ask("party_matchmaker_add", party_id=party_id, **TWO_AGAINST_TWO)
    await bob.ask("matchmaker_add", min_count=2, max_count=2)  # bob's own
    assert matchmaker.stats().ticket_count == 2
    match change:
        case "come":
            await cat.ask("party_join", party_id=party_id)
        case "leave":
            await bob.ask("party_leave", party_id=party_id)
        case "drop":
            bob.session.close()
        case "remove":
            await ann.ask("party_remove", party_id=party_id, presence=bob.presence)
        case "close":
            await ann.ask("party_close", party_id=party_id)
    await ann.heard()
    assert matchmaker.stats().ticket_count == (0 if change == "drop" else 1)


async def test_only_the_leader_takes_a_ticket_back_and_only_the_partys_own(matchmaker, players):
    ann, bob, *_ = players
    party_id = await gather(ann, bob)
    ticket = ticket_of(await ann.ask("party_matchmaker_add", party_id=party_id, **TWO_AGAINST_TWO))
    own = (await ann.ask("matchmaker_add", min_count=2, max_count=2))["matchmaker_ticket"]["ticket"]
    for player in (ann, bob):
        assert await refusal(player, "matchmaker_remove", ticket=ticket) == "matchmaker ticket not found"
    missing = {"party_id": party_id, "ticket": own}
    assert await refusal(ann, "party_matchmaker_remove", **missing) == "matchmaker ticket not found"
    assert await ann.ask("party_matchmaker_remove", party_id=party_id, ticket=ticket) == {}
    assert matchmaker.stats().ticket_count == 1


async def test_a_party_has_three_tickets_and_one_for_no_more_than_it_is(players):
    ann, bob, cat, _ = players
    party_id = await gather(ann, bob, cat)
    too_few = {"party_id": party_id, "min_count": 2, "max_count": 2}
    assert "number of players on the ticket" in await refusal(ann, "party_matchmaker_add", **too_few)
    for _ in range(3):
        await ann.ask("party_matchmaker_add", party_id=party_id, **TWO_AGAINST_TWO)
    assert await refusal(ann, "party_matchmaker_add", party_id=party_id, **TWO_AGAINST_TWO) == (
        "matchmaker too many tickets"
    )


async def test_the_game_may_look_for_others_in_a_partys_name(service, matchmaker, players):
    ann, bob, *_ = players
    party_id = await gather(ann, bob)
    ticket = service.add_ticket(party_id, query="+properties.mode:duel", min_count=4, max_count=4)
    for player in (ann, bob):
        assert ticket_of((await player.heard())[-1]) == ticket
    service.remove_ticket(party_id, ticket)
    with pytest.raises(NotFound):
        matchmaker.explain(ticket)
