"""The game that the acceptance tests play: small rpcs, matches that show what the server tells them, leaderboards."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from supergame.game import (
    Aborted,
    Context,
    Disabled,
    Game,
    Match,
    MatchedTicket,
    MatchMessage,
    Presence,
    Refused,
    ReportedEvent,
    Stream,
)
from supergame.protocol.catalogue import MESSAGES, OPERATIONS

VERSION = 1
"""What the soak changes in a copy of this file, to see the code reloaded."""

game = Game("acceptance")

game.leaderboard("highest", operator="best", metadata={"unit": "points"})
game.leaderboard("lowest", sort="asc", operator="best")
game.leaderboard("sum", operator="incr")
game.leaderboard("latest", operator="set")
game.leaderboard("official", authoritative=True)
game.leaderboard("daily", reset="0 0 * * *")

ECHO, STATE, JOINED, LEFT, LOST, BACK = range(1, 7)


class Told(msgspec.Struct):
    """Whom to notify of what."""

    user_id: str
    subject: str
    content: dict[str, Any]
    code: int
    persistent: bool = True


class Made(msgspec.Struct):
    """A match to make."""

    name: str
    label: dict[str, Any] = {}


class Signal(msgspec.Struct):
    """A message to a match."""

    match_id: str
    data: str


@game.rpc
def echo(ctx: Context, payload: str) -> str:
    return payload


@game.rpc
def who(ctx: Context, payload: str) -> dict[str, Any]:
    return {"user_id": ctx.user_id, "username": ctx.username, "vars": dict(ctx.vars), "payload": payload}


@game.rpc
def refuse(ctx: Context) -> None:
    raise Refused("Not today.")


@game.rpc
def abort(ctx: Context) -> None:
    raise Aborted


@game.rpc
def fail(ctx: Context) -> None:
    raise ZeroDivisionError("a deliberate mistake")


@game.rpc
async def notify(ctx: Context, told: Told) -> str:
    sent = await ctx.services.notifications.send(
        told.user_id, told.subject, told.content, told.code, sender_id=ctx.user_id, persistent=told.persistent
    )
    return sent.id


@game.rpc
async def make_match(ctx: Context, made: Made) -> str:
    return await ctx.services.matches.create(made.name, made.label)


@game.rpc
async def signal_match(ctx: Context, signal: Signal) -> str:
    return await ctx.services.matches.signal(signal.match_id, signal.data)


@game.rpc
async def score(ctx: Context, payload: int) -> None:
    await ctx.services.leaderboards.record_write("official", ctx.user_id, payload, username=ctx.username)


@game.rpc
async def ban(ctx: Context, user_id: str) -> None:
    await ctx.services.accounts.ban(user_id)


@game.rpc
async def unban(ctx: Context, user_id: str) -> None:
    await ctx.services.accounts.unban(user_id)


@game.before("channel_join")
def not_there(ctx: Context, request: Any) -> None:
    if request.target == "disabled":
        raise Disabled


@game.before("ListStorageObjects")
def not_that(ctx: Context, request: Any) -> None:
    if request.collection == "disabled":
        raise Disabled


# Every operation and every message has a hook before and after it, so that a test can ask which ones have run.

hooked: dict[str, Counter[str]] = {"before": Counter(), "after": Counter()}


def watch(name: str) -> None:
    """Count how often the hooks around an operation or message run."""

    @game.before(name)
    def before(ctx: Context, request: Any) -> None:
        hooked["before"][name] += 1

    @game.after(name)
    def after(ctx: Context, request: Any, answer: Any) -> None:
        hooked["after"][name] += 1


for name in (*OPERATIONS, *MESSAGES):
    watch(name)


@game.get("/hooked")
def show_hooked(ctx: Context, request: Any) -> dict[str, Counter[str]]:
    return hooked


@game.match("arena")
class Arena(Match):
    """Shows every player what it hears of; a wrong password is refused."""

    tick_rate = 20
    grace_seconds = 15.0

    def init(self, params: dict[str, Any]) -> None:
        self.label = msgspec.json.encode(params).decode()

    def join_attempt(self, presence: Presence, metadata: dict[str, str]) -> bool | str:
        if metadata.get("password") == "wrong":
            return "That is not the password."
        return metadata.get("password") != "silent"

    def join(self, presences: list[Presence]) -> None:
        self.tell(JOINED, presences)

    def leave(self, presences: list[Presence]) -> None:
        self.tell(LEFT, presences)

    def lost(self, presence: Presence) -> None:
        self.tell(LOST, [presence])

    def back(self, presence: Presence) -> None:
        self.tell(BACK, [presence])

    def tell(self, op_code: int, presences: Sequence[Presence]) -> None:
        self.broadcast(op_code, [presence.username for presence in presences])

    def loop(self, tick: int, messages: Sequence[MatchMessage]) -> None:
        for message in messages:
            if message.data == b"kick me":
                self.kick([message.presence])
            else:
                self.broadcast(message.op_code, message.data, sender=message.presence)

    def signal(self, data: str) -> str:
        if data == "end":
            self.end()
        elif data.startswith("{"):
            self.label = data
        return f"heard {data} with {len(self.presences)} players"


@game.match("brief")
class Brief(Arena):
    """An arena that does not wait long for who is lost."""

    grace_seconds = 0.2


@game.match("kept")
class Kept(Arena):
    """An arena that goes on after a restart, and counts what it has heard."""

    def init(self, params: dict[str, Any]) -> None:
        super().init(params)
        self.heard = 0

    def loop(self, tick: int, messages: Sequence[MatchMessage]) -> None:
        self.heard += len(messages)
        if messages:
            self.broadcast(STATE, [self.heard])

    def snapshot(self) -> bytes:
        return msgspec.json.encode(self.heard)

    def restore(self, data: bytes) -> None:
        self.heard = msgspec.json.decode(data, type=int)


@game.matchmaker_matched
async def matched(ctx: Context, tickets: Sequence[MatchedTicket]) -> str | None:
    if any(ticket.string_properties.get("kind") == "authoritative" for ticket in tickets):
        return await ctx.services.matches.create("arena", {"made_for": len(tickets)})
    return None


@game.get("/hello")
async def hello(ctx: Context, request: Any) -> str:
    await asyncio.sleep(0)
    return "hello"


class Gathering(msgspec.Struct):
    """A stream of the game's own, and what is said in it."""

    label: str
    text: str = ""
    hidden: bool = False

    @property
    def stream(self) -> Stream:
        return Stream(100, label=self.label)


@game.rpc
def stream_join(ctx: Context, gathering: Gathering) -> None:
    assert ctx.session is not None
    ctx.services.presence.join(ctx.session, gathering.stream, hidden=gathering.hidden)


@game.rpc
def stream_say(ctx: Context, gathering: Gathering) -> None:
    assert ctx.session is not None
    sender = ctx.services.presence.get(ctx.session, gathering.stream)
    ctx.services.presence.send_data(gathering.stream, gathering.text, sender=sender)


@game.rpc
def stream_count(ctx: Context, gathering: Gathering) -> int:
    return ctx.services.presence.count(gathering.stream)


@game.on("event")
async def reported(ctx: Context, event: ReportedEvent) -> None:
    if event.external:
        await ctx.services.notifications.send(ctx.user_id, event.name, dict(event.properties), 1, persistent=False)


@game.rpc
def tasks(ctx: Context) -> int:
    return len(asyncio.all_tasks())


@game.rpc
def version(ctx: Context) -> int:
    return VERSION
