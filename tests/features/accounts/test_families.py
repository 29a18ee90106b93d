"""Sessions: refreshed by rotation, ended by logging out, and called back when a used token turns up again."""

from __future__ import annotations

import asyncio

import pytest
from tests.features.accounts.house import House

from supergame.core.errors import BadInput, Banned, NotFound, SupergameError, Unauthenticated
from supergame.edge import TokenPair
from supergame.features.accounts import REFRESH_GRACE_SECONDS, VARS_BYTES_MAX
from supergame.store import Database

REFUSED = r"Refresh token invalid or expired."


async def pair_of(house: House, name: str = "alice") -> TokenPair:
    return await house.accounts.begin_session(await house.player(name))


async def test_a_refresh_gives_a_new_pair_that_differs_from_the_old(each_house: House) -> None:
    old = await pair_of(each_house)
    new = await each_house.accounts.session_refresh(old.refresh_token)
    assert new.token != old.token
    assert new.refresh_token != old.refresh_token
    assert new.claims.user_id == old.claims.user_id
    assert new.claims.token_id != old.claims.token_id
    assert each_house.tokens.verify(new.token) == new.claims
    third = await each_house.accounts.session_refresh(new.refresh_token)
    assert third.claims.generation == 2


async def test_refreshing_in_parallel_gives_everybody_the_same_pair(each_house: House) -> None:
    old = await pair_of(each_house)
    pairs = await asyncio.gather(*(each_house.accounts.session_refresh(old.refresh_token) for _ in range(6)))
    assert len({pair.refresh_token for pair in pairs}) == 1
    assert len({pair.token for pair in pairs}) == 1


async def test_a_used_token_answers_with_the_same_pair_until_the_grace_is_over(house: House) -> None:
    old = await pair_of(house)
    new = await house.accounts.session_refresh(old.refresh_token)
    await house.clock.advance(REFRESH_GRACE_SECONDS - 1)
    again = await house.accounts.session_refresh(old.refresh_token)
    assert (again.token, again.refresh_token) == (new.token, new.refresh_token)


async def test_a_used_token_answers_with_the_same_pair_on_another_node(sqlite: Database) -> None:
    one = await House.open(sqlite, seed=1)
    other = await House.open(sqlite, one.clock, one.bus, seed=2)
    old = await pair_of(one)
    new = await one.accounts.session_refresh(old.refresh_token)
    assert (await other.accounts.session_refresh(old.refresh_token)).refresh_token == new.refresh_token
    await one.close()
    await other.close()


async def test_a_used_token_shown_after_the_grace_ends_the_whole_family(each_house: House) -> None:
    old = await pair_of(each_house)
    new = await each_house.accounts.session_refresh(old.refresh_token)
    socket = each_house.connect(new.token)
    await each_house.clock.advance(REFRESH_GRACE_SECONDS + 1)
    with pytest.raises(Unauthenticated, match=REFUSED):
        await each_house.accounts.session_refresh(old.refresh_token)
    with pytest.raises(Unauthenticated, match=REFUSED):
        await each_house.accounts.session_refresh(new.refresh_token)
    with pytest.raises(Unauthenticated):
        each_house.tokens.verify(new.token)
    assert socket.closed


async def test_a_token_two_generations_old_ends_the_family_even_within_the_grace(house: House) -> None:
    first = await pair_of(house)
    second = await house.accounts.session_refresh(first.refresh_token)
    third = await house.accounts.session_refresh(second.refresh_token)
    with pytest.raises(Unauthenticated, match=REFUSED):
        await house.accounts.session_refresh(first.refresh_token)
    with pytest.raises(Unauthenticated, match=REFUSED):
        await house.accounts.session_refresh(third.refresh_token)


async def test_another_family_of_the_same_player_is_not_concerned(house: House) -> None:
    stolen, safe = await pair_of(house), await pair_of(house)
    await house.accounts.session_refresh(stolen.refresh_token)
    await house.clock.advance(REFRESH_GRACE_SECONDS + 1)
    with pytest.raises(Unauthenticated):
        await house.accounts.session_refresh(stolen.refresh_token)
    assert await house.accounts.session_refresh(safe.refresh_token)


async def test_vars_are_carried_over_a_refresh_unless_others_are_given(house: House) -> None:
    old = await house.accounts.begin_session(await house.player("alice"), {"build": "1"})
    kept = await house.accounts.session_refresh(old.refresh_token)
    assert kept.claims.vars == {"build": "1"}
    changed = await house.accounts.session_refresh(kept.refresh_token, {"build": "2"})
    assert changed.claims.vars == {"build": "2"}
    assert (await house.accounts.session_refresh(changed.refresh_token, {})).claims.vars == {"build": "2"}


async def test_too_many_vars_are_refused(house: House) -> None:
    login = await house.player("alice")
    with pytest.raises(BadInput, match=r"Session vars invalid"):
        await house.accounts.begin_session(login, {"x": "y" * VARS_BYTES_MAX})


async def test_as_many_vars_as_allowed_make_a_token_that_is_accepted(house: House) -> None:
    login = await house.player("alice")
    pair = await house.accounts.begin_session(login, {"x": "y" * (VARS_BYTES_MAX - 8)})
    assert house.tokens.verify(pair.token).vars
    assert house.tokens.verify_refresh(pair.refresh_token).vars


async def test_a_new_username_is_in_the_next_pair(house: House) -> None:
    old = await pair_of(house)
    await house.accounts.update(old.claims.user_id, username="alicia")
    assert (await house.accounts.session_refresh(old.refresh_token)).claims.username == "alicia"


@pytest.mark.parametrize("token", ["x", "a.b.c", "x" * 10_000])
async def test_what_is_no_token_is_refused(house: House, token: str) -> None:
    with pytest.raises(Unauthenticated, match=REFUSED):
        await house.accounts.session_refresh(token)


async def test_a_session_token_is_no_refresh_token(house: House) -> None:
    pair = await pair_of(house)
    with pytest.raises(Unauthenticated, match=REFUSED):
        await house.accounts.session_refresh(pair.token)


async def test_an_empty_refresh_token_is_bad_input(house: House) -> None:
    with pytest.raises(BadInput, match=r"Refresh token is required."):
        await house.accounts.session_refresh("")


async def test_an_expired_refresh_token_is_refused(house: House) -> None:
    pair = await pair_of(house)
    await house.clock.advance(3600)
    with pytest.raises(Unauthenticated, match=REFUSED):
        await house.accounts.session_refresh(pair.refresh_token)


async def test_the_banned_cannot_refresh_whatever_their_node_knows(sqlite: Database) -> None:
    one = await House.open(sqlite, seed=1)
    deaf = await House.open(sqlite, one.clock, seed=2)
    pair = await pair_of(deaf)
    await one.accounts.ban(pair.claims.user_id)
    with pytest.raises(Banned):
        await deaf.accounts.session_refresh(pair.refresh_token)
    await one.accounts.unban(pair.claims.user_id)
    with pytest.raises(Unauthenticated, match=REFUSED):
        await deaf.accounts.session_refresh(pair.refresh_token)
    await one.accounts.delete(pair.claims.user_id)
    with pytest.raises(NotFound, match=r"User account not found."):
        await deaf.accounts.session_refresh(pair.refresh_token)
    await one.close()
    await deaf.close()


async def test_logging_out_with_a_token_ends_its_family_and_closes_its_sockets(each_house: House) -> None:
    mine, other = await pair_of(each_house), await pair_of(each_house)
    my_socket, other_socket = each_house.connect(mine.token), each_house.connect(other.token)
    await each_house.accounts.session_logout(mine.claims.user_id, mine.token)
    assert my_socket.closed == ["server-side session disconnect"]
    assert not other_socket.closed
    for use in (each_house.tokens.verify, each_house.connect):
        with pytest.raises(Unauthenticated):
            use(mine.token)
    with pytest.raises(Unauthenticated, match=REFUSED):
        await each_house.accounts.session_refresh(mine.refresh_token)
    assert each_house.tokens.verify(other.token)


async def test_logging_out_with_a_refresh_token_does_the_same(house: House) -> None:
    pair = await pair_of(house)
    await house.accounts.session_logout(pair.claims.user_id, "", pair.refresh_token)
    with pytest.raises(Unauthenticated):
        house.tokens.verify(pair.token)


async def test_logging_out_with_tokens_of_two_families_ends_both(house: House) -> None:
    one, two = await pair_of(house), await pair_of(house)
    await house.accounts.session_logout(one.claims.user_id, one.token, two.refresh_token)
    for pair in (one, two):
        with pytest.raises(Unauthenticated):
            house.tokens.verify(pair.token)


async def test_logging_out_without_tokens_ends_all_sessions_and_the_next_login_is_good(each_house: House) -> None:
    pairs = [await pair_of(each_house) for _ in range(3)]
    sockets = [each_house.connect(pair.token) for pair in pairs]
    bystander = await pair_of(each_house, "bob")
    await each_house.accounts.session_logout(pairs[0].claims.user_id)
    for pair in pairs:
        with pytest.raises(Unauthenticated):
            each_house.tokens.verify(pair.token)
    assert all(socket.closed for socket in sockets)
    assert each_house.tokens.verify(bystander.token)
    again = await pair_of(each_house)
    assert each_house.tokens.verify(again.token)
    assert await each_house.accounts.session_refresh(again.refresh_token)


async def test_nobody_logs_others_out(house: House) -> None:
    alice, bob = await pair_of(house, "alice"), await pair_of(house, "bob")
    with pytest.raises(BadInput, match=r"Session token invalid."):
        await house.accounts.session_logout(bob.claims.user_id, alice.token)
    with pytest.raises(BadInput, match=r"Refresh token invalid."):
        await house.accounts.session_logout(bob.claims.user_id, "", alice.refresh_token)
    with pytest.raises(BadInput, match=r"Session token invalid."):
        await house.accounts.session_logout(bob.claims.user_id, "nonsense")
    with pytest.raises(BadInput, match=r"Refresh token invalid."):
        await house.accounts.session_logout(bob.claims.user_id, bob.token, "nonsense")
    assert house.tokens.verify(alice.token)
    assert house.tokens.verify(bob.token)


async def test_a_refresh_beside_a_logout_leaves_no_token_alive(each_house: House) -> None:
    pair = await pair_of(each_house)
    outcomes = await asyncio.gather(
        each_house.accounts.session_refresh(pair.refresh_token),
        each_house.accounts.session_logout(pair.claims.user_id, pair.token),
        return_exceptions=True,
    )
    refreshed = outcomes[0]
    if isinstance(refreshed, TokenPair):
        with pytest.raises(Unauthenticated):
            each_house.tokens.verify(refreshed.token)
    else:
        assert isinstance(refreshed, SupergameError)


async def test_tokens_can_be_made_for_any_player(house: House) -> None:
    alice = await house.player("alice")
    pair = await house.accounts.token_generate(alice.user_id, {"role": "referee"})
    assert house.tokens.verify(pair.token).username == "alice"
    assert pair.claims.vars == {"role": "referee"}
    with pytest.raises(NotFound, match=r"User account not found."):
        await house.accounts.token_generate("nobody")
    await house.accounts.ban(alice.user_id)
    with pytest.raises(Banned):
        await house.accounts.token_generate(alice.user_id)
