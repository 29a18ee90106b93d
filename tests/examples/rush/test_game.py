"""The game on a whole node: races are found, joined, run and recorded; seats are kept; chat is tidy."""

import asyncio
import json
import random
from functools import partial

import aiohttp
import bots
import msgspec
import pytest
from bot import Skill
from bots import Driver
from messages import Op
from record import HERE
from rounds import COUNTDOWN_TICKS, TICK_RATE

from supergame import testing
from supergame.client import SocketFailed
from supergame.protocol.matches import MatchData
from supergame.protocol.matchmaker import MatchmakerMatched

COUNTDOWN_SECONDS = COUNTDOWN_TICKS / TICK_RATE


@pytest.fixture
async def node():
    async with testing.node(HERE / "game.py", settings={"matchmaker.interval_seconds": 1}) as node:
        yield node


async def quick_race(player, **ask):
    return json.loads(await player.socket.rpc("quick_race", json.dumps(ask)))["match_id"]


async def hear(player, op):
    """The next message of that kind."""
    while True:
        data = await player.socket.next(MatchData)
        if data.op_code == op:
            return msgspec.json.decode(data.data)


async def test_two_players_find_the_same_race(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    match_id = await quick_race(ann)
    await ann.socket.join_match(match_id)
    assert await quick_race(bob) == match_id
    assert await quick_race(bob, level="meadow") == match_id
    assert await quick_race(bob, level="dunes") != match_id


async def test_an_unknown_course_is_refused(node):
    ann = await node.player("ann")
    with pytest.raises(SocketFailed, match="There is no course 'moon'; there are meadow, dunes, aurora"):
        await quick_race(ann, level="moon")


async def test_bots_open_no_race_and_keep_only_players_company(node):
    ann, bot = await node.player("ann"), await node.player("bot")
    assert await quick_race(bot, create=False) == ""
    match_id = await quick_race(ann)
    await bot.socket.join_match(match_id, metadata={"kind": "bot"})
    await hear(bot, Op.ROUND)
    assert await quick_race(bot, create=False) == ""
    await ann.socket.join_match(match_id)
    await hear(ann, Op.ROUND)
    assert await quick_race(bot, create=False) == match_id


async def test_matched_players_race_on_the_course_that_was_wished_for(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    for player in (ann, bob):
        await player.socket.add_matchmaker(string_properties={"level": "dunes"})
    await node.advance(seconds=1)
    matched = await bob.socket.next(MatchmakerMatched)
    await bob.socket.join_match(matched.match_id)
    assert (await hear(bob, Op.ROUND))["level"] == "dunes"


async def test_a_race_is_run_and_its_times_are_on_the_leaderboard(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    match_id = await quick_race(ann)
    drivers, heard = {}, set()
    for player in (ann, bob):
        driver = drivers[player.user_id] = Driver(player.user_id, Skill(), random.Random(player.username))
        player.socket.on(MatchData, partial(answer, player, driver, heard))
        await player.socket.join_match(match_id)
    for _ in range(60 * TICK_RATE):
        await node.advance(seconds=1 / TICK_RATE)
        for player in (ann, bob):
            await player.socket.ping()  # by now the tick has been heard and answered
        if Op.RESULTS in heard:
            break
    records = (await ann.client.list_scores(ann.session, "rush_times")).records
    assert [record.rank for record in records] == [1, 2]
    assert {record.username for record in records} == {"ann", "bob"}
    assert all(15_000 < record.score < 60_000 for record in records)
    winner = records[0].owner_id
    assert drivers[winner].won


async def test_nobody_joins_a_race_that_has_started(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    match_id = await quick_race(ann)
    await ann.socket.join_match(match_id)
    await hear(ann, Op.ROUND)
    await node.advance(seconds=COUNTDOWN_SECONDS + 0.1)
    assert await quick_race(bob) != match_id
    with pytest.raises(SocketFailed, match="This race has started or is full"):
        await bob.socket.join_match(match_id)
    assert await bots.race(bob.socket, match_id, Skill(), random.Random(1)) is False


async def test_a_bot_races_whoever_looks_for_rivals(node, monkeypatch):
    monkeypatch.setattr(bots, "LINGER_SECONDS", 0)
    ann, bot = await node.player("ann"), await node.player("bot")
    found = asyncio.ensure_future(bots.find_race(bot.socket, random.Random(1)))
    await bot.socket.ping()
    await ann.socket.add_matchmaker(max_count=8)
    for _ in range(4):  # the matchmaker holds out for more players before it takes two
        await node.advance(seconds=1)
    match_id = await found
    racing = asyncio.ensure_future(bots.race(bot.socket, match_id, Skill(), random.Random(1)))
    await ann.socket.next(MatchmakerMatched)
    await ann.socket.join_match(match_id)
    while not racing.done():
        await node.advance(seconds=1 / TICK_RATE)
        await bot.socket.ping()
        await ann.socket.ping()
    assert await racing is True


def answer(player, driver, heard, data):
    heard.add(data.op_code)
    keys = driver.hear(Op(data.op_code), data.data)
    if keys is not None:
        player.socket.send_match_data(data.match_id, Op.KEYS, msgspec.json.encode(keys))


async def test_keys_that_cannot_be_read_are_left_out(node):
    ann = await node.player("ann")
    match_id = await quick_race(ann)
    await ann.socket.join_match(match_id)
    await node.advance(seconds=COUNTDOWN_SECONDS + 0.1)
    ann.socket.send_match_data(match_id, Op.KEYS, b"not json")
    ann.socket.send_match_data(match_id, Op.RESYNC, b"{}")
    await ann.socket.ping()
    await node.advance(seconds=0.1)
    assert (await hear(ann, Op.YOU))["taken"] == []


async def test_a_lost_player_comes_back_to_the_same_seat(node):
    ann, bob = await node.player("ann"), await node.player("bob", reconnect=True)
    match_id = await quick_race(ann)
    for player in (ann, bob):
        await player.socket.join_match(match_id)
        await hear(player, Op.ROUND)
    bob.socket.drop()
    while all(seat["here"] for seat in (await hear(ann, Op.SEATS))["seats"]):
        pass
    await node.advance(seconds=1)
    told = await hear(bob, Op.ROUND)
    assert [(seat["seat"], seat["name"], seat["here"]) for seat in told["seats"]] == [
        (0, "ann", True),
        (1, "bob", True),
    ]


async def test_another_window_takes_the_seat_over(node):
    ann = await node.player("ann")
    match_id = await quick_race(ann)
    await ann.socket.join_match(match_id)
    again = await node.player("ann")
    await again.socket.join_match(match_id)
    told = await hear(again, Op.ROUND)
    assert [(seat["seat"], seat["name"]) for seat in told["seats"]] == [(0, "ann")]
    assert node.services.matches.get(match_id).size == 1


async def test_an_empty_race_ends(node):
    ann = await node.player("ann")
    match_id = await quick_race(ann)
    await ann.socket.join_match(match_id)
    await ann.socket.leave_match(match_id)
    await node.advance(seconds=11)
    assert node.services.matches.get(match_id) is None


async def test_chat_is_trimmed_and_empty_lines_are_refused(node):
    ann = await node.player("ann")
    channel = await ann.socket.join_chat("rush")
    await ann.socket.send_chat(channel.id, {"text": "  hello " + "o" * 300})
    [message] = (await ann.client.list_messages(ann.session, channel.id)).messages
    text = json.loads(message.content)["text"]
    assert (text[:7], len(text)) == ("hello o", 160)
    with pytest.raises(SocketFailed, match="nothing to say"):
        await ann.socket.send_chat(channel.id, {"text": "   "})
    with pytest.raises(SocketFailed, match="A chat message is"):
        await ann.socket.send_chat(channel.id, {"words": "hello"})


async def test_the_lobby_is_told_the_courses(node):
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{node.port}/courses") as answer:
        courses = await answer.json()
    assert [(course["id"], course["board"]) for course in courses] == [
        ("meadow", "rush_times"),
        ("dunes", "rush_times_dunes"),
        ("aurora", "rush_times_aurora"),
    ]
    assert "P" in "".join(courses[0]["rows"])


async def test_bots_leave_a_race_that_everybody_else_has_left(node, monkeypatch):
    monkeypatch.setattr(bots, "LINGER_SECONDS", 0)
    ann, bot = await node.player("ann"), await node.player("bot")
    match_id = await quick_race(ann)
    await ann.socket.join_match(match_id)
    await hear(ann, Op.ROUND)
    racing = asyncio.ensure_future(bots.race(bot.socket, match_id, Skill(), random.Random(1)))
    while len((await hear(ann, Op.SEATS))["seats"]) < 2:
        pass
    await ann.socket.leave_match(match_id)
    assert await racing is False
    await bot.socket.ping()
    assert node.services.matches.get(match_id).size == 0
