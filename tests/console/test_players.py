"""What operators do to players over HTTP, with their own key."""

import aiohttp
import pytest

from supergame import testing
from supergame.client import RequestFailed

KEY = {"Authorization": "Bearer operators"}


@pytest.fixture
async def node():
    async with testing.node(settings={"console.key": "operators"}) as node:
        yield node


async def call(node, method, rest, headers=KEY):
    """An operator's call: status and answer."""
    address = f"http://127.0.0.1:{node.port}/console/players{rest}"
    async with aiohttp.ClientSession() as http, http.request(method, address, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_players_are_found_by_how_their_names_begin(node):
    ann = await node.player("ann")
    await node.client().authenticate_email("anton@example.com", "correct horse", username="anton")
    status, rows = await call(node, "GET", "?text=an&limit=10")
    assert status == 200
    assert [(row["username"], row.get("online", False)) for row in rows] == [("ann", True), ("anton", False)]
    assert rows[0]["user_id"] == ann.user_id
    assert rows[1]["email"] == "anton@example.com"
    assert (await call(node, "GET", "?text=zoe"))[1] == []


@pytest.mark.parametrize("query", ["", "?text=", "?text=a&limit=0", "?text=a&limit=101", "?text=a&limit=many"])
async def test_a_search_has_a_text_and_a_limit(node, query):
    status, answer = await call(node, "GET", query)
    assert (status, answer["code"]) == (400, 3)


async def test_a_player_is_shown_by_id_or_username(node):
    ann = await node.player("ann")
    await ann.client.update_account(ann.session, display_name="Ann the Quick")
    for name in ("ann", ann.user_id):
        status, shown = await call(node, "GET", f"/{name}")
        assert (status, shown["display_name"], shown["devices"]) == (200, "Ann the Quick", ["device-of-ann"])
        assert len(shown["sessions"]) == 1
    status, answer = await call(node, "GET", "/nobody")
    assert (status, answer["message"]) == (404, "There is no player with the id or username 'nobody'.")


async def test_nobody_hides_behind_anothers_id(node):
    """A player may be called like somebody's id, and would else be mistaken for them."""
    bob = await node.player("bob")
    await node.player(bob.user_id)
    for action, count in (("ban", 1), ("unban", 1)):
        status, answer = await call(node, "POST", f"/{bob.user_id}/{action}")
        assert (status, answer) == (200, {"user_id": bob.user_id, "username": "bob", "count": count})


async def test_a_ban_ends_the_socket_and_keeps_the_player_out_until_lifted(node):
    ann = await node.player("ann")
    status, answer = await call(node, "POST", "/ann/ban")
    assert (status, answer) == (200, {"user_id": ann.user_id, "username": "ann", "count": 1})
    await ann.socket.closed.wait()
    with pytest.raises(RequestFailed, match="User account banned"):
        await ann.client.authenticate_device("device-of-ann")
    assert (await call(node, "GET", "?text=ann"))[1][0]["banned"]
    assert (await call(node, "POST", "/ann/unban"))[1]["count"] == 1
    await ann.client.authenticate_device("device-of-ann")


async def test_disconnecting_closes_every_socket_and_nothing_else(node):
    ann = await node.player("ann")
    second = await ann.client.connect(ann.session, reconnect=False)
    assert (await call(node, "POST", f"/{ann.user_id}/disconnect"))[1]["count"] == 2
    await ann.socket.closed.wait()
    await second.closed.wait()
    await ann.client.account(ann.session)


async def test_an_archive_holds_all_that_is_kept_on_a_player(node):
    ann = await node.player("ann")
    await ann.client.write_object(ann.session, "saves", "slot", {"level": 7})
    status, archive = await call(node, "GET", "/ann/export")
    assert (status, archive["accounts"]["account"]["id"]) == (200, ann.user_id)
    assert archive["storage"]["objects"][0]["value"] == {"level": 7}
    assert (await call(node, "GET", "/nobody/export"))[0] == 404


async def test_a_deleted_player_is_gone(node):
    ann = await node.player("ann")
    status, answer = await call(node, "POST", "/ann/delete")
    assert (status, answer) == (200, {"user_id": ann.user_id, "username": "ann"})
    await ann.socket.closed.wait()
    assert (await call(node, "GET", f"/{ann.user_id}"))[0] == 404


async def test_two_players_are_merged(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    status, answer = await call(node, "POST", f"/ann/merge?into={bob.user_id}")
    assert (status, answer["user_id"]) == (200, ann.user_id)
    await ann.socket.closed.wait()
    assert sorted((await call(node, "GET", "/bob"))[1]["devices"]) == ["device-of-ann", "device-of-bob"]
    status, answer = await call(node, "POST", "/bob/merge")
    assert (status, answer["message"]) == (400, "Name the player to merge into.")
    assert (await call(node, "POST", "/bob/merge?into=ann"))[0] == 404


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic operators"}])
async def test_without_the_key_nothing_is_told(node, headers):
    status, answer = await call(node, "GET", "?text=ann", headers)
    assert (status, answer["message"]) == (401, "Console key invalid")


async def test_where_no_key_is_set_every_call_is_refused():
    async with testing.node() as node:
        assert (await call(node, "GET", "?text=ann", {"Authorization": "Bearer "}))[0] == 401
