"""Bots: real players with real clients, who join whoever races, and leave when the race is over or all others have.

`supergame demo` runs a few of them. They only join races that somebody else has opened, and are matched only
with somebody who is no bot, so nobody who comes to play finds all bots busy with each other.
"""

import asyncio
import json
import random

import msgspec
from bot import Skill, choose
from level import Level, read
from messages import Finish, Keys, Op, Round, Seats, Tick, runner_of
from physics import JUMP, TILE

from supergame.client import Client, ClientError, RequestFailed, Session, Socket, SocketFailed
from supergame.protocol.matches import MatchData
from supergame.protocol.matchmaker import MatchmakerMatched

NAMES = ("Pepper", "Biscuit", "Mochi", "Pickle", "Waffles", "Noodle", "Clover", "Sprout", "Ziggy", "Olive")
ROOM = "rush"
LOOK_SECONDS = 1.2
"""How often an idle bot looks for a race, give or take."""
LINGER_SECONDS = 4.0
"""How long a bot stays for the results, at most."""
RETRY_SECONDS = 3.0
"""The pause before a bot whose connection failed tries again."""
DAWDLE_CHANCE = 0.03
"""How likely a bot's mind wanders when it ought to think."""
TALK_CHANCE = 0.35
CHEERS = ("gg!", "what a race", "so close!", "again?", "those springs!", "well run")


async def run(host: str, port: int, count: int) -> None:
    """Keep that many bots on a server until cancelled."""
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(_keep_playing(host, port, number))


async def _keep_playing(host: str, port: int, number: int) -> None:
    rng = random.Random(number)
    while True:
        try:
            async with Client(host, port) as client:
                await play(client, rng, number)
        except (ClientError, TimeoutError):
            await asyncio.sleep(RETRY_SECONDS)


async def play(client: Client, rng: random.Random, number: int = 0) -> None:
    """Log in, and join one race after the other for as long as the connection lasts."""
    skill = Skill(foresight_steps=rng.choice((6, 8, 10)), attention_steps=rng.choice((3, 4, 5)))
    async with await client.connect(await _log_in(client, number)) as socket:
        channel = await socket.join_chat(ROOM)
        while True:
            match_id = await find_race(socket, rng)
            won = await race(socket, match_id, skill, rng)
            if won or rng.random() < TALK_CHANCE:
                await socket.send_chat(channel.id, {"text": rng.choice(CHEERS)})


async def _log_in(client: Client, number: int) -> Session:
    name = NAMES[number % len(NAMES)]
    device = f"rush-bot-{number:04}"
    try:
        return await client.authenticate_device(device, username=name)
    except RequestFailed:  # a player was quicker to take the name
        return await client.authenticate_device(device, username=f"{name}Bot{number}")


async def find_race(socket: Socket, rng: random.Random) -> str:
    """Wait until somebody opens a race or looks for rivals; gives the match to join."""
    ticket = await socket.add_matchmaker(
        "-properties.kind:bot", min_count=2, max_count=8, string_properties={"kind": "bot"}
    )
    while True:
        try:
            matched = await socket.next(MatchmakerMatched, LOOK_SECONDS * rng.uniform(0.5, 1.5))
            return matched.match_id or ""
        except TimeoutError:
            found = json.loads(await socket.rpc("quick_race", '{"create": false}'))["match_id"]
        if found:
            await socket.remove_matchmaker(ticket)
            return str(found)


async def race(socket: Socket, match_id: str, skill: Skill, rng: random.Random) -> bool:
    """Run one race; gives whether it was won. Not getting in is no reason to complain."""
    try:
        await socket.join_match(match_id, metadata={"kind": "bot"})
    except SocketFailed:
        return False
    driver = Driver(socket.session.user_id, skill, rng)
    async for event in socket.events():
        if not isinstance(event, MatchData) or event.match_id != match_id:
            continue
        op = Op(event.op_code)
        keys = driver.hear(op, event.data)
        if keys is not None:
            socket.send_match_data(match_id, Op.KEYS, msgspec.json.encode(keys))
        if op is Op.RESULTS or not driver.company:
            break
    await asyncio.sleep(LINGER_SECONDS * rng.random())
    await socket.leave_match(match_id)
    return driver.won


class Driver:
    """What one bot knows of the race it is in, and what it does about it."""

    def __init__(self, user_id: str, skill: Skill, rng: random.Random) -> None:
        self.user_id, self.skill, self.rng = user_id, skill, rng
        self.level: Level | None = None
        self.seat = -1
        self.planned = 0
        """The last step that keys have been sent for."""
        self.won = False
        self.company = True
        """Whether there is anybody in the race who is no bot."""

    def hear(self, op: Op, data: bytes) -> Keys | None:
        """Take in what the race says; gives keys when it is time to send some."""
        if op == Op.ROUND:
            self.arrive(msgspec.json.decode(data, type=Round))
        elif op == Op.SEATS:
            seats = msgspec.json.decode(data, type=Seats).seats
            self.company = not all(seated.bot for seated in seats)
        elif op == Op.TICK:
            return self.think(msgspec.json.decode(data, type=Tick))
        elif op == Op.FINISH:
            finish = msgspec.json.decode(data, type=Finish)
            self.won = self.won or (finish.seat == self.seat and finish.place == 1)
        return None

    def arrive(self, told: Round) -> None:
        """Learn the course and the seat."""
        heading = f"name: {told.title}\nsky: {told.sky}\nboard: {told.board}\n\n"
        self.level = read(told.level, heading + "\n".join(told.rows))
        self.seat = next(seated.seat for seated in told.seats if seated.user_id == self.user_id)
        self.planned = 0

    def think(self, tick: Tick) -> Keys | None:
        """Decide on the next few steps, when those decided on are over."""
        row = next((row for row in tick.r if row.seat == self.seat), None)
        if row is None or self.level is None or row.steps < self.planned:
            return None
        passed = {ring for (column, _), ring in self.level.rings.items() if column * TILE < row.x}
        runner = runner_of(row, frozenset(passed))
        steps = self.skill.attention_steps
        if self.rng.random() < DAWDLE_CHANCE:
            keys = self.rng.choice((0, 0, JUMP))
            steps *= self.rng.randint(1, 3)
        else:
            keys = choose(self.level, runner, self.skill)
        self.planned = row.steps + steps
        return Keys(row.steps + 1, [keys] * min(steps, 10))
