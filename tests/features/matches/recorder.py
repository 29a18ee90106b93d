"""A match that keeps what it was told, and what its tests look at it with."""

import asyncio

import msgspec

from supergame.game import Match, Refused

KICK, FAIL, END = 50, 66, 99
"""Op codes that make a Recorder do so."""

GONE_SECONDS_MAX = 10


class Recorder(Match):
    """Keeps what it was told, and sends every message on."""

    tick_rate = 10
    grace_seconds = 5

    def init(self, params):
        self.params = params
        self.told = []
        self.label = params.get("label", "")

    def join_attempt(self, presence, metadata):
        if metadata.get("password") == "wrong":
            return "That is not the password."
        if metadata.get("password") == "old":
            raise Refused("That was the password.")
        return metadata.get("password") != "none"

    def join(self, presences):
        self.told.append(("join", [presence.username for presence in presences]))

    def leave(self, presences):
        self.told.append(("leave", [presence.username for presence in presences]))

    def lost(self, presence):
        self.told.append(("lost", presence.username))

    def back(self, presence):
        self.told.append(("back", presence.username))

    def loop(self, tick, messages):
        for message in messages:
            if message.op_code == FAIL:
                raise ValueError("what the author did not think of")
            if message.op_code == END:
                return False
            if message.op_code == KICK:
                self.kick([message.presence])
                continue
            self.broadcast_deferred(message.op_code + 1, b"late")
            self.broadcast(message.op_code, message.data, sender=message.presence)
        return None

    async def signal(self, data):
        return data.upper()

    def terminate(self, grace_seconds):
        self.told.append(("terminate", grace_seconds))

    def snapshot(self):
        return msgspec.json.encode(self.told)

    def restore(self, data):
        self.told = [tuple(entry) for entry in msgspec.json.decode(data)]


def told(node, match_id):
    """What the match was told so far."""
    return node.services.matches.running(match_id).match.told


async def arrive(node, *players):
    """Let what these players have sent arrive, and a tick pass."""
    for player in players:
        await player.socket.ping()
    await node.advance(0.1)


async def gone(node, player):
    """Close a player's connection, and let the server notice."""
    closed = asyncio.Event()
    (session,) = node.services.sessions.of_user(player.user_id)
    session.on_close(lambda session: closed.set())
    player.socket.drop()
    async with asyncio.timeout(GONE_SECONDS_MAX):
        await closed.wait()
    await node.advance(0)
