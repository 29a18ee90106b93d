"""The HTTP side of the client: every operation against a node, and what comes of errors."""

import asyncio
import ssl

import pytest

from supergame import testing
from supergame.client import Client, ClientError, ConnectionLost, RequestFailed, Session
from supergame.game import Game
from supergame.protocol.storage import DeleteStorageObjectId, ReadStorageObjectId, WriteStorageObject

PASSWORD = "correct horse"
TOKEN = "x.eyJ1aWQiOiJ1IiwidXNuIjoidSIsImV4cCI6OTk5OTk5OTk5OX0.x"
"""Of user "u", good for ever; nobody has signed it."""


@pytest.fixture
async def node():
    game = Game("client")
    game.leaderboard("best")
    game.rpc("echo")(lambda ctx, text: text)
    async with testing.node(game) as node:
        yield node


@pytest.fixture
async def client(node):
    client = node.client()
    await client.healthcheck()
    return client


async def test_ways_to_log_in_and_their_links(client):
    device = await client.authenticate_device("device-0001", username="ann", vars={"team": "red"})
    assert (device.created, device.username, device.vars) == (True, "ann", {"team": "red"})
    again = await client.authenticate_device("device-0001", create=False)
    assert (again.created, again.user_id) == (False, device.user_id)
    await client.link_custom(device, "custom-0001")
    await client.link_email(device, "ann@example.com", PASSWORD)
    await client.link_device(device, "device-0002")
    for session in (
        await client.authenticate_custom("custom-0001", create=False),
        await client.authenticate_email("ann@example.com", PASSWORD, create=False),
        await client.authenticate_email("", PASSWORD, username="ann", create=False),
        await client.authenticate_device("device-0002", create=False),
    ):
        assert session.user_id == device.user_id
    await client.unlink_custom(device, "custom-0001")
    await client.unlink_email(device, "ann@example.com", PASSWORD)
    await client.unlink_device(device, "device-0002")
    with pytest.raises(RequestFailed) as missing:
        await client.authenticate_custom("custom-0001", create=False)
    assert (missing.value.status, missing.value.code) == (404, 5)


async def test_accounts_and_users(client):
    ann = await client.authenticate_device("device-0001", username="ann")
    bob = await client.authenticate_device("device-0002", username="bob")
    await client.update_account(ann, display_name="Ann the Quick", lang_tag="de")
    account = await client.account(ann)
    assert (account.user.display_name, account.devices[0].id) == ("Ann the Quick", "device-0001")
    found = await client.users(bob, ids=[ann.user_id], usernames=["bob"])
    assert {user.username for user in found} == {"ann", "bob"}
    await client.delete_account(bob)
    with pytest.raises(RequestFailed):
        await client.account(bob)


async def test_storage(client):
    ann = await client.authenticate_device("device-0001")
    ack = await client.write_object(ann, "saves", "one", {"level": 1})
    await client.write_objects(ann, [WriteStorageObject("saves", "two", "{}")])
    assert (await client.read_object(ann, "saves", "one")).version == ack.version
    assert await client.read_object(ann, "saves", "three") is None
    both = await client.read_objects(ann, [ReadStorageObjectId("saves", key, ann.user_id) for key in ("one", "two")])
    assert len(both) == 2
    page = await client.list_objects(ann, "saves", user_id=ann.user_id, limit=1)
    rest = await client.list_objects(ann, "saves", user_id=ann.user_id, cursor=page.cursor)
    assert [stored.key for stored in (*page.objects, *rest.objects)] == ["one", "two"]
    await client.delete_objects(ann, [DeleteStorageObjectId("saves", "one")])
    assert await client.read_object(ann, "saves", "one") is None


async def test_chat_history_and_notifications(node, client):
    ann = await node.player("ann")
    channel = await ann.socket.join_chat("hall")
    for number in range(3):
        await ann.socket.send_chat(channel.id, {"n": number})
    page = await client.list_messages(ann.session, channel.id, limit=2)
    rest = await client.list_messages(ann.session, channel.id, cursor=page.next_cursor)
    assert [message.content for message in (*page.messages, *rest.messages)] == ['{"n":0}', '{"n":1}', '{"n":2}']
    await node.services.notifications.send(ann.user_id, "hello", {}, 1, persistent=True)
    (notification,) = (await client.list_notifications(ann.session)).notifications
    await client.delete_notifications(ann.session, [notification.id])
    assert (await client.list_notifications(ann.session)).notifications == []


async def test_friends(node):
    ann, bob, cat = await node.player("ann"), await node.player("bob"), await node.player("cat")
    await ann.client.add_friends(ann.session, [bob.user_id], metadata='{"met":"here"}')
    await bob.client.add_friends(bob.session, usernames=["ann", "cat"])
    await cat.client.add_friends(cat.session, [bob.user_id])
    (friend,) = (await ann.client.list_friends(ann.session, state=0)).friends
    assert (friend.user.username, friend.state, friend.metadata) == ("bob", 0, '{"met":"here"}')
    (known,) = (await ann.client.list_friends_of_friends(ann.session)).friends_of_friends
    assert (known.referrer, known.user.username) == (bob.user_id, "cat")
    await ann.client.block_friends(ann.session, [bob.user_id])
    assert (await bob.client.list_friends(bob.session, state=0)).friends[0].user.username == "cat"
    await ann.client.delete_friends(ann.session, usernames=["bob"])
    assert (await ann.client.list_friends(ann.session)).friends == []


async def test_scores(client):
    ann = await client.authenticate_device("device-0001", username="ann")
    bob = await client.authenticate_device("device-0002", username="bob")
    await client.write_score(ann, "best", 10, subscore=1, metadata='{"car":"red"}')
    record = await client.write_score(bob, "best", 20)
    assert (record.rank, record.score) == (1, 20)
    page = await client.list_scores(ann, "best", owner_ids=[ann.user_id])
    assert [found.username for found in page.records] == ["bob", "ann"]
    assert page.owner_records[0].rank == 2
    around = await client.list_scores_around(ann, "best", ann.user_id)
    assert len(around.records) == 2
    await client.delete_score(bob, "best")
    assert [found.username for found in (await client.list_scores(ann, "best")).records] == ["ann"]


async def test_matches_and_the_matchmaker_and_functions(node, client):
    ann = await node.player("ann")
    match = await ann.socket.create_match()
    (found,) = (await client.list_matches(ann.session, authoritative=False, min_size=1, max_size=5)).matches
    assert found.match_id == match.match_id
    await ann.socket.add_matchmaker()
    assert (await client.matchmaker_stats(ann.session)).ticket_count == 1
    assert await client.rpc("echo", "hello", session=ann.session) == "hello"
    assert await client.rpc("echo", "hello", http_key="defaulthttpkey") == "hello"


async def test_a_session_that_is_about_to_expire_is_refreshed_before_it_is_used(node, client):
    ann = await client.authenticate_device("device-0001")
    token = ann.token
    await client.account(ann)
    assert ann.token == token
    await node.advance(ann.expires_at - node.clock.now_seconds() - Session.REFRESH_BEFORE_SECONDS)
    await asyncio.gather(*(client.account(ann) for _ in range(3)))  # which all find it old
    assert ann.token != token
    assert not ann.needs_refresh(node.clock.now_seconds())


async def test_logging_out(client):
    ann = await client.authenticate_device("device-0001")
    other = await client.authenticate_device("device-0001")
    await client.logout(ann)
    with pytest.raises(RequestFailed) as refused:
        await client.account(ann)
    assert (refused.value.status, refused.value.code) == (401, 16)
    third = await client.authenticate_device("device-0001")
    await client.logout(other, everywhere=True)
    with pytest.raises(RequestFailed):
        await client.account(third)


async def test_a_wrong_server_key_is_refused(node):
    async with Client(port=node.port, server_key="wrong") as client:
        with pytest.raises(RequestFailed, match="Server key invalid") as refused:
            await client.authenticate_device("device-0001")
        assert (refused.value.status, refused.value.code) == (401, 16)


async def test_a_token_that_is_not_good_opens_no_socket(node, client):
    ann = await client.authenticate_device("device-0001")
    await client.logout(ann)
    with pytest.raises(RequestFailed, match="Missing or invalid token") as refused:
        await client.connect(ann)
    assert (refused.value.status, refused.value.code) == (401, 16)


async def test_where_nobody_answers_the_connection_is_lost():
    async with Client(port=1) as client:
        with pytest.raises(ConnectionLost, match=r"GET http://127\.0\.0\.1:1/healthcheck"):
            await client.healthcheck()
        session = Session(TOKEN, "")
        with pytest.raises(ConnectionLost, match="cannot be reached"):
            await client.connect(session)


async def answering(text: bytes):
    """A server that answers everything with these bytes."""

    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return await asyncio.start_server(talk, "127.0.0.1", 0)


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\noops", 502, "oops"),
        (b'HTTP/1.1 500 X\r\nContent-Length: 5\r\n\r\n"huh"', 500, '"huh"'),
    ],
)
async def test_a_failure_that_is_not_of_the_protocol(answer, status, message):
    async with await answering(answer) as server, Client(port=server.sockets[0].getsockname()[1]) as client:
        with pytest.raises(RequestFailed) as failed:
            await client.healthcheck()
        assert (failed.value.status, failed.value.code, failed.value.message) == (status, 13, message)
        session = Session(TOKEN, "")
        with pytest.raises(ClientError):
            await client.connect(session)


def test_a_token_that_is_none():
    for token in ("", "x", "a.b.c", "a.e30.c", "a.Wl0.c"):
        with pytest.raises(ClientError, match="session token that is none"):
            Session(token, "")


async def test_tls_is_in_the_addresses():
    client = Client("game.example", 443, tls=ssl.create_default_context())
    session = Session(TOKEN, "")
    url = await client.socket_url(session, status=True, lang="de")
    assert url.startswith("wss://game.example:443/ws?token=x.")
    assert url.endswith("&lang=de&status=true&format=json")
    await client.close()
