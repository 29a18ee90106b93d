"""Rush, a platform race: the server's side of the game.

`supergame dev examples/rush/game.py` runs it, and reloads it whenever a file here is saved. The rules of a race
are in rounds.py, how a runner moves in physics.py, what goes over the wire in messages.py, the page in web/.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from level import load
from messages import Keys, Op
from rounds import TICK_RATE, Rounds, Seat, State

from supergame.game import BadInput, Context, Game, Match, MatchedTicket, MatchMessage, Presence, Refused
from supergame.protocol.chat import ChannelMessageSend

CHAT_CHARS_MAX = 160
EMPTY_SECONDS_MAX = 10

LEVELS = load(Path(__file__).parent / "levels")

game = Game("rush")
game.static("/", "web")
game.static("/supergame", Path(__file__).resolve().parents[2] / "clients" / "js")
for level in LEVELS.values():
    game.leaderboard(level.board, sort="asc", operator="best", authoritative=True)


@game.get("/courses")
def courses(ctx: Context, request: object) -> list[dict[str, Any]]:
    """What the lobby shows: every course with its map and the leaderboard of its times."""
    fields = ("id", "name", "sky", "board", "rows")
    return [{field: getattr(level, field) for field in fields} for level in LEVELS.values()]


class QuickRace(msgspec.Struct):
    """What `quick_race` is asked: a course, or any; bots only look for company, and open no race."""

    level: str = ""
    create: bool = True


class FoundRace(msgspec.Struct):
    """What `quick_race` answers: the match to join, empty when there is none."""

    match_id: str


@game.rpc
async def quick_race(ctx: Context, ask: QuickRace) -> FoundRace:
    """Find a race that has not started, or open one."""
    if ask.level and ask.level not in LEVELS:
        raise BadInput(f"There is no course {ask.level!r}; there are {', '.join(LEVELS)}.")
    query = "+label.open:T" + (f" +label.level:{ask.level}" if ask.level else "")
    if not ask.create:
        query += " +label.players:>0"
    for found in ctx.services.matches.list(authoritative=True, query=query):
        return FoundRace(found.id)
    if not ask.create:
        return FoundRace("")
    return FoundRace(await ctx.services.matches.create("race", {"level": ask.level}))


@game.matchmaker_matched
async def matched(ctx: Context, tickets: Sequence[MatchedTicket]) -> str:
    """Matched players get a race of their own, on the course that the longest waiting one chose."""
    wishes = [ticket.string_properties.get("level", "") for ticket in tickets]
    level = next((wish for wish in wishes if wish in LEVELS), "")
    return await ctx.services.matches.create("race", {"level": level})


@game.before("channel_message_send")
def tidy_chat(ctx: Context, message: ChannelMessageSend) -> None:
    """Chat lines are short text without leading or trailing space."""
    try:
        text = str(json.loads(message.content)["text"]).strip()
    except (ValueError, TypeError, KeyError) as error:
        raise BadInput('A chat message is {"text": "..."}.') from error
    if not text:
        raise Refused("There is nothing to say.")
    message.content = json.dumps({"text": text[:CHAT_CHARS_MAX]})


@game.match("race")
class Race(Match):
    """Up to eight runners, round after round; the server moves them all."""

    tick_rate = TICK_RATE
    grace_seconds = 20.0

    def init(self, params: dict[str, Any]) -> None:
        """Open the race on the course that was asked for, or on the first."""
        self.rounds = Rounds(LEVELS, State(params.get("level") or next(iter(LEVELS))))
        self.sessions: dict[str, Presence] = {}
        self.bots: set[str] = set()
        self.empty_ticks = 0
        self.show()

    def join_attempt(self, presence: Presence, metadata: dict[str, str]) -> bool | str:
        """Newcomers sit down until the start. Who is seated already takes the seat over from another window."""
        if metadata.get("kind") == "bot":
            self.bots.add(presence.user_id)
        other = self.sessions.get(presence.user_id)
        if other is not None:
            self.sessions[presence.user_id] = presence
            self.kick([other])
            return True
        return self.rounds.open or "This race has started or is full."

    def join(self, presences: list[Presence]) -> None:
        """Give them seats."""
        for presence in presences:
            self.sessions[presence.user_id] = presence
            if presence.user_id in self.rounds.state.seats:
                self.rounds.find(presence.user_id)
            else:
                self.rounds.sit(presence.user_id, presence.username, bot=presence.user_id in self.bots)
        self.show()

    def leave(self, presences: list[Presence]) -> None:
        """Their seats are free, unless another window of theirs holds them now."""
        for presence in presences:
            if self.sessions.get(presence.user_id) == presence:
                del self.sessions[presence.user_id]
                self.rounds.stand_up(presence.user_id)
        self.show()

    def lost(self, presence: Presence) -> None:
        """The line of one of them broke."""
        self.rounds.lose(presence.user_id)
        self.show()

    def back(self, presence: Presence) -> None:
        """And is mended."""
        self.sessions[presence.user_id] = presence
        self.rounds.find(presence.user_id)
        self.show()

    def loop(self, tick: int, messages: Sequence[MatchMessage]) -> bool:
        """Take in keys, move everybody, tell everybody; an empty race ends after a while."""
        for message in messages:
            if message.op_code == Op.KEYS:
                self.press(message)
            elif message.op_code == Op.RESYNC:
                self.rounds.tell(message.presence.user_id)
        for seat in self.rounds.advance():
            self.spawn(self.record(seat, self.rounds.level.board))
        self.show()
        self.empty_ticks = 0 if self.seats else self.empty_ticks + 1
        return self.empty_ticks < EMPTY_SECONDS_MAX * TICK_RATE

    def press(self, message: MatchMessage) -> None:
        """Take in the keys a player held; what cannot be read was not sent by our page, and is left out."""
        try:
            keys = msgspec.json.decode(message.data, type=Keys)
        except msgspec.DecodeError:
            return
        self.rounds.press(message.presence.user_id, keys)

    async def record(self, seat: Seat, board: str) -> None:
        """Write a time to the course's leaderboard, which keeps everybody's best."""
        await self.services.leaderboards.record_write(board, seat.user_id, seat.runner.finish_ms, username=seat.name)

    def show(self) -> None:
        """Send what there is to say, and let listings know what is going on."""
        outbox, self.rounds.outbox = self.rounds.outbox, []
        for op, message, user_id in outbox:
            to = None if user_id is None else [self.sessions[user_id]]
            self.broadcast(op, message, to=to)
        rounds = self.rounds
        text = json.dumps({"open": rounds.open, "level": rounds.level.id, "players": rounds.players})
        if text != self.label:
            self.label = text

    def snapshot(self) -> bytes:
        """All of it, so that a restarted server goes on with the race."""
        return self.rounds.snapshot()

    def restore(self, data: bytes) -> None:
        """Go on; everybody's line is broken now, and `back` tells who has come back."""
        self.rounds = Rounds.restored(LEVELS, data)
        self.sessions = {presence.user_id: presence for presence in self.seats}
        self.bots = set()
        self.empty_ticks = 0
        for user_id in self.rounds.state.seats:
            self.rounds.lose(user_id)
        self.show()
