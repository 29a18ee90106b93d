"""What is measured: each thing as the server does it, and as a bare server does that has nothing else to do."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

from benchmarks import http_load, socket_load
from benchmarks.encodings import JSON, PROTOBUF, Encoding
from benchmarks.http_load import bearer, request
from benchmarks.result import Result
from benchmarks.servers import Server
from benchmarks.socket_load import Players

Run = Callable[[Server, float], Awaitable[Result]]
PlayersRun = Callable[[Players, float], Awaitable[Result]]
VERSIONS = 64  # different values that are written to one object in turn: SQLite skips what has not changed


@dataclass(frozen=True)
class Scale:
    """How many take part."""

    pairs: int = 50
    rooms: int = 10
    room_size: int = 20
    connections: int = 64
    idle: tuple[int, ...] = (2_000, 5_000)


SMALL = Scale(pairs=2, rooms=2, room_size=3, connections=4, idle=(200,))


@dataclass(frozen=True)
class Measure:
    """One row of the table. `bare` names the server that `bare_run` needs."""

    name: str
    title: str
    unit: str
    run: Run
    bare: str
    bare_run: Run
    ratio_max: float = 0.0
    """The target for bare / ours, or 0."""
    per_second_min: float = 0.0
    """The target for ours, or 0."""


REALTIME_RATIO_MAX = 1.5
PROTOBUF_RATIO_MAX = 1.3
FAN_OUT_RATIO_MAX = 1.1
"""What many are sent is encoded once, so the encoding makes no difference; two rounds of the same differ as much."""


def realtime(scale: Scale) -> list[Measure]:
    """What goes over sockets, beside the bare relay."""

    def measure(name: str, title: str, unit: str, n: int, run: PlayersRun) -> Measure:
        async def with_players(server: Server, seconds: float, *, log_in_first: bool) -> Result:
            return await run(await Players.of(server, n, log_in_first=log_in_first), seconds)

        ours, bare = (partial(with_players, log_in_first=log_in_first) for log_in_first in (True, False))
        return Measure(name, title, unit, ours, "bare_relay", bare, ratio_max=REALTIME_RATIO_MAX)

    rooms, size = scale.rooms, scale.room_size
    in_rooms = f"{rooms} rooms of {size}"
    fan_out = partial(socket_load.fan_out, rooms=rooms, size=size)
    chat = partial(socket_load.chat, rooms=rooms, size=size)
    relay = partial(socket_load.relay, pairs=scale.pairs, window=4)
    rpc = partial(socket_load.rpc, clients=scale.pairs, window=4)
    return [
        measure("relay", f"relay, {scale.pairs} pairs, 4 under way each way", "messages/s", 2 * scale.pairs, relay),
        *(
            measure(
                f"fan_out_{window}",
                f"match data, {in_rooms}, {window} under way in each",
                "deliveries/s",
                rooms * size,
                partial(fan_out, window=window),
            )
            for window in (16, 2)
        ),
        *(
            measure(
                f"chat_{window}",
                f"chat, not stored, {in_rooms}, {window} under way in each",
                "deliveries/s",
                rooms * size,
                partial(chat, window=window, stored=False),
            )
            for window in (16, 2)
        ),
        measure(
            "chat_stored",
            f"chat, stored, {in_rooms}, 16 under way in each",
            "deliveries/s",
            rooms * size,
            partial(chat, window=16, stored=True),
        ),
        measure("rpc", f"rpc echo over {scale.pairs} sockets, 4 under way each", "calls/s", scale.pairs, rpc),
    ]


def in_protobuf(scale: Scale) -> list[Measure]:
    """The same in protobuf, beside JSON on the same server."""

    def measure(name: str, title: str, unit: str, n: int, run: PlayersRun, ratio_max: float) -> Measure:
        async def speaking(server: Server, seconds: float, *, encoding: Encoding) -> Result:
            return await run(await Players.of(server, n, log_in_first=True, encoding=encoding), seconds)

        ours, bare = (partial(speaking, encoding=encoding) for encoding in (PROTOBUF, JSON))
        return Measure(f"{name}_protobuf", f"{title}, protobuf (bare: JSON)", unit, ours, "ours", bare, ratio_max)

    pairs, rooms, size = scale.pairs, scale.rooms, scale.room_size
    relay = partial(socket_load.relay, pairs=pairs, window=4)
    rpc = partial(socket_load.rpc, clients=pairs, window=4)
    fan_out = partial(socket_load.fan_out, rooms=rooms, size=size, window=16)
    return [
        measure("relay", f"relay, {pairs} pairs", "messages/s", 2 * pairs, relay, PROTOBUF_RATIO_MAX),
        measure(
            "fan_out", f"match data, {rooms} rooms of {size}", "deliveries/s", rooms * size, fan_out, FAN_OUT_RATIO_MAX
        ),
        measure("rpc", f"rpc echo over {pairs} sockets", "calls/s", pairs, rpc, PROTOBUF_RATIO_MAX),
    ]


def over_http(scale: Scale) -> list[Measure]:
    """What goes over HTTP, beside a bare ASGI application that answers, reads a row, or commits one."""
    n = scale.connections
    numbers = count()

    async def echo(server: Server, seconds: float) -> Result:
        body = json.dumps('{"hello":"world"}').encode()
        tokens = await http_load.log_in(server.port, n)
        lanes = [[request("POST", "/v2/rpc/echo", bearer(token), body)] for token in tokens]
        return await http_load.load(server, seconds, lanes)

    async def login(server: Server, seconds: float) -> Result:
        await http_load.log_in(server.port, 4 * n)
        lanes = [[http_load.login_request(number) for number in range(first, 4 * n, n)] for first in range(n)]
        return await http_load.load(server, seconds, lanes)

    async def account(server: Server, seconds: float) -> Result:
        tokens = await http_load.log_in(server.port, n)
        return await http_load.load(server, seconds, [[request("GET", "/v2/account", bearer(t))] for t in tokens])

    async def storage_read(server: Server, seconds: float) -> Result:
        answers = await http_load.ask_all(server.port, [http_load.login_request(number) for number in range(n)])
        tokens = [json.loads(answer)["token"] for answer in answers]
        await http_load.ask_all(server.port, [_write(token, 0) for token in tokens])
        accounts = await http_load.ask_all(server.port, [request("GET", "/v2/account", bearer(t)) for t in tokens])
        ids = [json.loads(answer)["user"]["id"] for answer in accounts]
        lanes = [[_read(token, user_id)] for token, user_id in zip(tokens, ids, strict=True)]
        return await http_load.load(server, seconds, lanes)

    async def storage_write(server: Server, seconds: float) -> Result:
        run = next(numbers)  # so that the first write of a run differs from the last one of the run before
        tokens = await http_load.log_in(server.port, n)
        lanes = [[_write(token, run * VERSIONS + version) for version in range(VERSIONS)] for token in tokens]
        return await http_load.load(server, seconds, lanes)

    async def bare_constant(server: Server, seconds: float) -> Result:
        body = json.dumps('{"hello":"world"}').encode()
        return await http_load.load(server, seconds, [[request("POST", "/constant", _AS_LONG, body)]] * n)

    async def bare_read(server: Server, seconds: float) -> Result:
        lanes = [[request("POST", "/read", _AS_LONG, f"{number:032}".encode())] for number in range(n)]
        return await http_load.load(server, seconds, lanes)

    async def bare_write(server: Server, seconds: float) -> Result:
        lanes = [
            [
                request("POST", "/write", _AS_LONG, f"{number:0200}{version:0200}".encode())
                for version in range(VERSIONS)
            ]
            for number in range(n)
        ]
        return await http_load.load(server, seconds, lanes)

    def measure(name: str, title: str, run: Run, bare_run: Run, per_second_min: float) -> Measure:
        return Measure(name, title, "requests/s", run, "bare_http", bare_run, per_second_min=per_second_min)

    return [
        measure("http_rpc", f"rpc echo over HTTP, {n} connections", echo, bare_constant, 30_000),
        measure("login", "device login (bare: one row read)", login, bare_read, 8_000),
        measure("account", "account read (bare: one row read)", account, bare_read, 15_000),
        measure("storage_read", "storage read (bare: one row read)", storage_read, bare_read, 15_000),
        measure("storage_write", "storage write (bare: one row, group commit)", storage_write, bare_write, 8_000),
    ]


_AS_LONG = bearer("x" * 350)
"""A header like a token's: parsing is part of the bare limit, too."""


def _write(token: str, version: int) -> bytes:
    value = json.dumps({"level": 12, "coins": f"{version:08}", "items": ["sword", "shield", "lamp"] * 6})
    written = {"objects": [{"collection": "saves", "key": "slot-1", "value": value}]}
    return request("PUT", "/v2/storage", bearer(token), json.dumps(written).encode())


def _read(token: str, user_id: str) -> bytes:
    wanted = {"object_ids": [{"collection": "saves", "key": "slot-1", "user_id": user_id}]}
    return request("POST", "/v2/storage", bearer(token), json.dumps(wanted).encode())


STORE: Sequence[tuple[str, str, int]] = (
    ("store reads by key", "read", 100),
    ("store writes, 100 callers", "write", 100),
    ("store writes, one by one", "write", 1),
)
"""Title, kind of work, callers at a time."""
