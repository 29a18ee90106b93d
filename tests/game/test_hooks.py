"""Hooks before and after operations and messages: they change, refuse, switch off and observe."""

import asyncio

import pytest
from structlog.testing import capture_logs

from supergame import testing
from supergame.client import ConnectionLost, RequestFailed, SocketFailed
from supergame.game import BadGame, BadInput, Disabled, Game, Refused
from supergame.protocol.session import Session as WireSession
from supergame.protocol.storage import WriteStorageObject


async def test_hooks_before_run_in_order_and_may_change_the_request():
    game = Game("hooks")
    ran = []

    @game.before("WriteStorageObjects")
    def first(ctx, request):
        ran.append(("first", ctx.username))
        request.objects[0].value = '{"changed":"in place"}'

    @game.before("WriteStorageObjects")
    async def second(ctx, request):
        await asyncio.sleep(0)
        ran.append(("second", request.objects[0].value))
        return type(request)([WriteStorageObject("saves", "other", request.objects[0].value)])

    @game.before("WriteStorageObjects")
    def third(ctx, request):
        ran.append(("third", request.objects[0].key))

    @game.before("WriteStorageObjects")
    async def fourth(ctx, request):
        ran.append(("fourth", request.objects[0].key))

    async with testing.node(game) as node:
        ann = await node.player("ann")
        ack = await ann.client.write_object(ann.session, "saves", "one", {"n": 1})
        assert ack.key == "other"
        stored = await ann.client.read_object(ann.session, "saves", "other")
        assert stored.value == '{"changed":"in place"}'
    assert ran == [("first", "ann"), ("second", '{"changed":"in place"}'), ("third", "other"), ("fourth", "other")]


async def test_a_plain_hook_may_replace_a_message():
    game = Game("hooks")

    @game.before("channel_message_send")
    def shout(ctx, message):
        return type(message)(message.channel_id, message.content.upper())

    async with testing.node(game) as node:
        ann = await node.player("ann")
        channel = await ann.socket.join_chat("hall")
        await ann.socket.send_chat(channel.id, {"TEXT": "quiet"})
        history = await ann.client.list_messages(ann.session, channel.id)
        assert [message.content for message in history.messages] == ['{"TEXT":"QUIET"}']


async def test_a_hook_refuses_with_its_own_words():
    game = Game("hooks")

    @game.before("AuthenticateDevice")
    async def closed(ctx, request):
        raise Refused("The game opens at noon.")

    @game.before("channel_join")
    def quiet(ctx, message):
        raise BadInput("No chat today.")

    async with testing.node(game) as node:
        client = node.client()
        with pytest.raises(RequestFailed) as refused:
            await client.authenticate_device("device-0001")
        assert (refused.value.status, refused.value.message) == (403, "The game opens at noon.")
        session = await client.authenticate_custom("custom-0001")
        async with await client.connect(session) as socket:
            with pytest.raises(SocketFailed, match="No chat today") as failed:
                await socket.join_chat("hall")
            assert failed.value.code == 3
            await socket.ping()


async def test_an_operation_that_is_switched_off_is_not_found_and_such_a_message_closes_the_socket():
    game = Game("hooks")

    @game.before("ListMatches")
    def off(ctx, request):
        raise Disabled

    @game.before("match_create")
    def off_too(ctx, message):
        raise Disabled

    async with testing.node(game) as node:
        ann = await node.player("ann")
        with pytest.raises(RequestFailed) as missing:
            await ann.client.list_matches(ann.session)
        assert (missing.value.status, missing.value.message) == (404, "Requested resource was not found.")
        with pytest.raises(SocketFailed) as failed:
            await ann.socket.create_match()
        assert failed.value.code == 1
        with pytest.raises(ConnectionLost):
            await ann.socket.next(WireSession)
        await ann.socket.closed.wait()


async def test_a_hook_that_crashes_fails_the_request_and_is_logged():
    game = Game("hooks")

    @game.before("GetAccount")
    async def crash(ctx, request):
        raise KeyError("a mistake of the author's")

    async with testing.node(game) as node:
        ann = await node.player("ann")
        with capture_logs() as logs, pytest.raises(RequestFailed) as failed:
            await ann.client.account(ann.session)
        assert failed.value.status == 500
        assert [type(line["exc_info"]) for line in logs if "exc_info" in line] == [KeyError]


async def test_hooks_after_see_request_and_response_and_cannot_spoil_the_answer():
    game = Game("hooks")
    seen, all_seen = [], asyncio.Event()

    @game.after("WriteStorageObjects")
    def crash(ctx, request, response):
        raise ValueError("first")

    @game.after("WriteStorageObjects")
    def note(ctx, request, response):
        seen.append((ctx.username, request.objects[0].key, response.acks[0].key))

    @game.after("WriteStorageObjects")
    async def crash_later(ctx, request, response):
        raise ValueError("second")

    @game.after("WriteStorageObjects")
    def crash_behind(ctx, request, response):
        raise ValueError("third")

    @game.after("WriteStorageObjects")
    async def note_later(ctx, request, response):
        seen.append("later")

    @game.after("WriteStorageObjects")
    def last(ctx, request, response):
        all_seen.set()

    async with testing.node(game) as node:
        ann = await node.player("ann")
        with capture_logs() as logs:
            await ann.client.write_object(ann.session, "saves", "one", {"n": 1})
            await all_seen.wait()
    assert seen == [("ann", "one", "one"), "later"]
    failed = [line["hook"].rpartition(".")[2] for line in logs if line["event"] == "an after-hook failed"]
    assert failed == ["crash", "crash_later", "crash_behind"]


async def test_hooks_after_that_do_not_wait_run_without_a_task():
    game = Game("hooks")
    heard = asyncio.Event()

    @game.after("ping")
    def note(ctx, message, answer):
        heard.set()

    async with testing.node(game) as node:
        ann = await node.player("ann")
        await ann.socket.ping()
        await heard.wait()


def test_a_hook_around_what_does_not_exist_is_refused_with_a_hint():
    game = Game("hooks")
    with pytest.raises(BadGame, match="Did you mean 'AuthenticateDevice'"):
        game.before("AuthenticateDevise")
    with pytest.raises(BadGame, match=r"called 'xyzzy'\.$"):
        game.after("xyzzy")
