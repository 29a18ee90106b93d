"""The edge with a relay and an echo and no features: what the edge itself costs over the bare limits.

usage: python benchmarks/edge_node.py PORT
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys

import uvloop

from supergame.core.clock import SystemClock
from supergame.core.ids import RandomIds
from supergame.core.log import configure, get_log
from supergame.core.telemetry import Metrics
from supergame.edge import Caller, EdgeSettings, Request, Response, Session, fan_out
from supergame.edge.server import Edge
from supergame.protocol.matches import Match, MatchCreate, MatchData, MatchDataSend, MatchJoin
from supergame.protocol.rpc import Rpc


class Relay:
    """Matches in memory."""

    def __init__(self, ids: RandomIds) -> None:
        self.ids = ids
        self.rooms: dict[str, dict[Session, None]] = {}


def create(relay: Relay, session: Session, message: MatchCreate) -> Match:
    match_id = relay.ids.uuid() + "."
    relay.rooms[match_id] = {session: None}
    return Match(match_id, size=1, self=session.presence)


def join(relay: Relay, session: Session, message: MatchJoin) -> Match:
    room = relay.rooms[message.match_id or ""]
    room[session] = None
    return Match(message.match_id or "", size=len(room), self=session.presence)


def send(relay: Relay, session: Session, message: MatchDataSend) -> None:
    room = relay.rooms.get(message.match_id)
    if room is not None and session in room:
        fan_out(room, MatchData(message.match_id, session.presence, message.op_code, message.data), session)


def echo(relay: Relay, session: Session | Caller, message: Rpc) -> Rpc:
    return Rpc(message.id, message.payload)


async def main(port: int) -> None:
    configure(level="warning")
    clock, ids, metrics = SystemClock(), RandomIds(), Metrics()
    settings = EdgeSettings(
        host="127.0.0.1", port=port, requests_per_second_max=0, messages_per_second_max=10_000_000, token_seconds=3600
    )
    edge = Edge(settings, clock=clock, ids=ids, log=get_log(), metrics=metrics)
    relay = Relay(ids)

    def login(request: Request) -> Response:
        return Response(edge.tokens.issue(ids.uuid(), ids.username()).token)

    def memory(request: Request) -> Response:
        gc.collect()
        with open(f"/proc/{os.getpid()}/statm") as file:
            return Response(str(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")))

    edge.router.add_raw("POST", "/login", login)
    edge.router.add_raw("GET", "/memory", memory)
    edge.router.add_message("match_create", create, relay)
    edge.router.add_message("match_join", join, relay)
    edge.router.add_message("match_data_send", send, relay)
    edge.router.add_message("rpc", echo, relay)
    edge.router.add_operation("RpcFunc", echo, relay)
    await edge.start()
    gc.collect()
    gc.freeze()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
