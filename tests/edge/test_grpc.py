"""gRPC: the operations of the protocol as unary calls, under the same guards, hooks and limits as over HTTP."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
import uvloop
from tests.edge.test_tls import install, made, settings  # noqa: F401 - a fixture
from tests.edge.wire import PATIENCE_SECONDS, Http, Node, ask, basic, bearer, running, until

from supergame.core.config import BadSetting
from supergame.core.errors import Refused, SupergameError, TooMany
from supergame.edge import Caller, Hooks
from supergame.edge.failures import GRPC_MESSAGE_BYTES_MAX
from supergame.edge.grpc_call import peer_address
from supergame.protocol.catalogue import OPERATIONS
from supergame.protocol.operation import Auth, Binding, Operation
from supergame.protocol.protobuf import encode
from supergame.protocol.rpc import Rpc
from supergame.protocol.storage import DeleteStorageObjectsRequest
from supergame.protocol.types import Empty

ECHO = "nakama.api.Nakama/RpcFunc"
DELETE = "nakama.api.Nakama/DeleteStorageObjects"

SETTINGS = bytes.fromhex("000000 04 00 00000000")
PING, PONG = (bytes.fromhex(f"000008 06 {flags} 00000000") + b"12345678" for flags in ("00", "01"))
"""Frames of HTTP/2 (RFC 9113): no settings, a ping, and its answer."""

Start = Callable[..., Awaitable[Node]]
Connect = Callable[..., "Client"]


class Client:
    """A client that puts bytes on the wire as the test says."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel

    async def __call__(self, method: str, message: bytes = b"", /, **metadata: str) -> Any:
        """The bytes of the answer, or the error."""
        pairs = [(name.replace("_", "-"), value) for name, value in metadata.items()]
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self.channel.unary_unary(f"/{method}")(message, metadata=pairs)
        except grpc.aio.AioRpcError as error:
            return error

    async def refused(self, method: str, message: bytes = b"", /, **metadata: str) -> tuple[str, str]:
        """The code and the words with which it is refused."""
        error = await self(method, message, **metadata)
        assert isinstance(error, grpc.aio.AioRpcError), error
        return error.code().name, str(error.details())


def channel(port: int, **options: int) -> grpc.aio.Channel:
    """A connection of its own, shared with no other channel."""
    own = [("grpc.use_local_subchannel_pool", 1), *((f"grpc.{name}", value) for name, value in options.items())]
    return grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=own)


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Connect a client to a node: `client = connect(node)`."""
    async with AsyncExitStack() as stack:
        opened: list[grpc.aio.Channel] = []

        def connect_one(node: Node) -> Client:
            opened.append(channel(node.edge.grpc_port))
            return Client(opened[-1])

        yield connect_one
        for each in opened:
            stack.push_async_callback(each.close)


def serving(**settings: Any) -> Node:
    return Node(grpc=True, **settings)


def shown(header: dict[str, str]) -> dict[str, str]:
    """A header as metadata."""
    return {name.lower(): value for name, value in header.items()}


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_a_call_is_answered_on_either_loop(run: Callable[[Any], None]) -> None:
    async def scenario() -> None:
        async with running(serving()) as node, channel(node.edge.grpc_port) as open_channel:
            client = Client(open_channel)
            message = encode(Rpc("echo", "hello"))
            assert await client(ECHO, message, **shown(bearer(node.token()))) == message
            assert await client("nakama.api.Nakama/Healthcheck") == b""

    run(scenario())


async def test_callers_are_known_as_over_http(start: Start, connect: Connect) -> None:
    node = await start(serving())
    client = connect(node)
    for metadata, message in [
        ({}, "Auth token required"),
        ({"authorization": "Bearer abc"}, "Auth token invalid"),
        (shown(basic("wrong")), "HTTP key invalid"),
    ]:
        assert await client.refused(ECHO, b"", **metadata) == ("UNAUTHENTICATED", message)
    for metadata in (shown(bearer(node.token())), shown(basic("defaulthttpkey"))):
        assert await client(ECHO, **metadata) == b""
        assert await client(ECHO, grpcgateway_authorization=metadata["authorization"]) == b""
    with_key = encode(Rpc(payload="x", http_key="defaulthttpkey"))
    assert await client(ECHO, with_key) == await client(ECHO, with_key, authorization="Signature abc")
    assert await client.refused(ECHO, encode(Rpc(http_key="x"))) == ("UNAUTHENTICATED", "HTTP key invalid")
    twice = [("authorization", bearer(node.token())["Authorization"])] * 2
    with pytest.raises(grpc.aio.AioRpcError, match="Auth token invalid"):
        await client.channel.unary_unary(f"/{ECHO}")(b"", metadata=twice)


async def test_what_does_not_exist_is_unimplemented(start: Start, connect: Connect) -> None:
    client = connect(await start(serving()))
    for method in ("nakama.api.Nakama/Nothing", "nakama.api.Nakama/ListFriends", "supergame.api.Supergame/RpcFunc"):
        assert (await client.refused(method))[0] == "UNIMPLEMENTED"


async def test_operations_beyond_the_protocol_have_a_service_of_their_own(
    start: Start, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    binding = (Binding("POST", "/v3/nod", "*"),)
    monkeypatch.setitem(OPERATIONS, "Nod", Operation("Nod", binding, Empty, Empty, "Nod.", Auth.NOBODY))  # type: ignore[arg-type]
    node = serving()
    node.edge.router.add_operation("Nod", lambda service, caller, request: None, None)
    client = connect(await start(node))
    assert await client("supergame.api.Supergame/Nod") == b""
    assert (await client.refused("nakama.api.Nakama/Nod"))[0] == "UNIMPLEMENTED"


class Storage:
    """A deletion that waits until it is let through."""

    def __init__(self, node: Node) -> None:
        self.open, self.waiting, self.done = asyncio.Event(), 0, 0
        self.callers: list[Caller] = []
        node.edge.router.add_operation("DeleteStorageObjects", delete, self)


async def delete(storage: Storage, caller: Caller, request: DeleteStorageObjectsRequest) -> None:
    storage.callers.append(caller)
    storage.waiting += 1
    await storage.open.wait()
    storage.done += 1


async def test_hooks_run_and_are_swapped(start: Start, connect: Connect) -> None:
    node = await start(serving())
    client, token = connect(node), shown(bearer(node.token()))
    assert await client(ECHO, **token) == b""
    observed: list[Any] = []

    def change(caller: Caller, request: Rpc) -> Rpc:
        if request.payload == "no":
            raise Refused("Not today.")
        return Rpc(request.id, request.payload.upper())

    hooks = Hooks(before={"RpcFunc": change}, after={"RpcFunc": lambda *seen: observed.append(seen)})
    node.edge.router.swap(hooks=hooks)
    assert await client(ECHO, encode(Rpc("echo", "a")), **token) == encode(Rpc("echo", "A"))
    await until(lambda: observed)
    assert (observed[0][0].username, observed[0][0].http.path) == ("alice", f"/{ECHO}")
    assert await client.refused(ECHO, encode(Rpc(payload="no")), **token) == ("PERMISSION_DENIED", "Not today.")


async def test_calls_are_counted_with_those_over_http(start: Start, connect: Connect) -> None:
    node = await start(serving())
    await connect(node).refused(ECHO)
    await ask(node.port, "POST", "/v2/rpc/echo")
    told = (await ask(node.port, "GET", "/metrics")).body.decode()
    assert 'supergame_requests_total{operation="RpcFunc"} 2.0' in told
    assert 'supergame_requests_failed_total{operation="RpcFunc"} 2.0' in told


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (TooMany("Slower.", retry_seconds=2.5), "RESOURCE_EXHAUSTED", "Slower."),
        (SupergameError("é\n%"), "INTERNAL", "é\n%"),
        (SupergameError("é" * GRPC_MESSAGE_BYTES_MAX), "INTERNAL", "é" * (GRPC_MESSAGE_BYTES_MAX // 2)),
    ],
)
async def test_errors_are_statuses(
    start: Start, connect: Connect, error: SupergameError, code: str, message: str
) -> None:
    node = await start(serving())

    def fail(caller: Caller, request: Rpc) -> None:
        raise error

    node.edge.router.swap(hooks=Hooks(before={"RpcFunc": fail}))
    refused = await connect(node)(ECHO, **shown(bearer(node.token())))
    assert (refused.code().name, refused.details()) == (code, message)
    assert dict(refused.trailing_metadata()) == ({"retry-after": "3"} if isinstance(error, TooMany) else {})


async def test_a_code_that_grpc_does_not_know_and_a_mistake_of_ours(start: Start, connect: Connect) -> None:
    node = await start(serving())
    client, token = connect(node), shown(bearer(node.token()))

    def fail(caller: Caller, request: Rpc) -> None:
        if request.payload:
            raise ZeroDivisionError
        odd = SupergameError("Odd.")
        odd.code = 4711
        raise odd

    node.edge.router.swap(hooks=Hooks(before={"RpcFunc": fail}))
    assert await client.refused(ECHO, **token) == ("UNKNOWN", "Odd.")
    code, message = await client.refused(ECHO, encode(Rpc(payload="1")), **token)
    assert code == "INTERNAL"
    assert message.startswith("The server made a mistake, which has been logged as ")
    assert node.lines[0]["path"] == f"/{ECHO}"


async def test_bad_messages_are_told_so(start: Start, connect: Connect) -> None:
    node = await start(serving(body_bytes_max=1_000, header_bytes_max=2_000))
    client, token = connect(node), shown(bearer(node.token()))
    assert (await client.refused(ECHO, b"\x0a\xff", **token))[0] == "INVALID_ARGUMENT"
    assert await client(ECHO, encode(Rpc(payload="x" * 997)), **token) == encode(Rpc(payload="x" * 997))
    assert (await client.refused(ECHO, encode(Rpc(payload="x" * 998)), **token))[0] == "RESOURCE_EXHAUSTED"
    assert (await client.refused(ECHO, more="x" * 3_000, **token))[0] == "RESOURCE_EXHAUSTED"
    packed = client.channel.unary_unary(f"/{ECHO}")(b"x" * 900, compression=grpc.Compression.Gzip)
    with pytest.raises(grpc.aio.AioRpcError, match="gzip"):
        await packed

    async def nothing() -> AsyncIterator[bytes]:
        for none in ():
            yield none

    with pytest.raises(grpc.aio.AioRpcError, match="The call ended before its message was here"):
        await client.channel.stream_unary(f"/{ECHO}")(nothing())
    assert node.lines == []


@pytest.mark.parametrize(("seconds_min", "answered"), [(0, True), (5, False)])
async def test_pings_keep_a_connection_alive_unless_they_flood_it(
    start: Start, monkeypatch: pytest.MonkeyPatch, seconds_min: int, answered: bool
) -> None:
    monkeypatch.setattr("supergame.edge.grpc.PING_SECONDS_MIN", seconds_min)
    node = await start(serving())
    http = await Http.open(node.edge.grpc_port)
    http.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SETTINGS + PING * 8)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await http.reader.readuntil(PONG)
        if answered:
            http.writer.write_eof()
        received = await http.reader.read()
    assert (b"too_many_pings" not in received) is answered


async def test_an_address_may_call_so_often(start: Start, connect: Connect) -> None:
    node = await start(serving(requests_per_second_max=1, requests_burst_max=2))
    client, token = connect(node), shown(bearer(node.token()))
    assert [await client(ECHO, **token) for _ in range(2)] == [b"", b""]
    refused = await client(ECHO, **token)
    assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert dict(refused.trailing_metadata()) == {"retry-after": "1"}
    await node.clock.advance(2)
    assert await client(ECHO, **token) == b""


async def test_behind_a_trusted_proxy_it_is_the_player_who_counts(start: Start, connect: Connect) -> None:
    node = serving(trusted_proxies=("127.0.0.0/8",), requests_per_second_max=1, requests_burst_max=1)
    storage = Storage(node)
    storage.open.set()
    client, token = connect(await start(node)), shown(bearer(node.token()))
    for address in ("203.0.113.1", "2001:db8::1"):
        assert await client(DELETE, x_forwarded_for=f"{address}, 127.0.0.2", **token) == b""
        assert storage.callers[-1].address == address
        assert (await client.refused(DELETE, x_forwarded_for=address, **token))[0] == "RESOURCE_EXHAUSTED"


async def test_an_address_may_have_so_many_calls_under_way(start: Start, connect: Connect) -> None:
    node = serving(connections_per_address_max=1)
    storage = Storage(node)
    client, token = connect(await start(node)), shown(bearer(node.token()))
    first = asyncio.ensure_future(client(DELETE, **token))
    await until(lambda: storage.waiting)
    assert (await client.refused(DELETE, **token))[0] == "RESOURCE_EXHAUSTED"
    storage.open.set()
    assert await first == b""
    assert await client(DELETE, **token) == b""


async def test_what_takes_too_long_is_ended(start: Start, connect: Connect) -> None:
    node = serving(handler_seconds_max=100, read_seconds_max=5)
    storage = Storage(node)
    client, token = connect(await start(node)), shown(bearer(node.token()))
    slow = asyncio.ensure_future(client.refused(DELETE, **token))
    await until(lambda: storage.waiting)
    await node.clock.advance(99)
    assert not slow.done()
    await node.clock.advance(1)
    assert await slow == ("DEADLINE_EXCEEDED", "It took too long.")
    silent = client.channel.stream_unary(f"/{DELETE}")(metadata=tuple(token.items()))
    told = asyncio.ensure_future(silent.code())
    await until(lambda: node.edge._port.connections)
    await node.clock.advance(5)
    assert await told is grpc.StatusCode.DEADLINE_EXCEEDED
    assert not node.edge._port.connections


async def test_nothing_goes_on_after_the_clients_deadline(start: Start, connect: Connect) -> None:
    node = serving()
    storage = Storage(node)
    client, token = connect(await start(node)), shown(bearer(node.token()))
    call = client.channel.unary_unary(f"/{DELETE}")(b"", metadata=tuple(token.items()), timeout=0.2)
    assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert node.edge._port.tasks
    await node.clock.advance(1)
    await until(lambda: not node.edge._port.tasks)
    storage.open.set()
    assert storage.done == 0


async def test_who_goes_away_does_not_disturb_what_is_under_way(start: Start, connect: Connect) -> None:
    node = serving()
    storage = Storage(node)
    client, token = connect(await start(node)), shown(bearer(node.token()))
    call = client.channel.unary_unary(f"/{DELETE}")(b"", metadata=tuple(token.items()))
    await until(lambda: storage.waiting)
    call.cancel()
    assert await call.code() is grpc.StatusCode.CANCELLED
    storage.open.set()
    await until(lambda: storage.done)
    await until(lambda: not node.edge._port.connections)


async def test_stopping_lets_calls_finish_and_takes_no_more(start: Start, connect: Connect) -> None:
    node = serving()
    storage = Storage(node)
    client, token = connect(await start(node)), shown(bearer(node.token()))
    call = asyncio.ensure_future(client(DELETE, **token))
    await until(lambda: storage.waiting)
    other = connect(node)
    node.edge.close_door()
    assert (await other.refused(DELETE))[0] == "UNAUTHENTICATED"
    stopping = asyncio.ensure_future(node.edge.stop(10))
    assert (await other.refused(DELETE, **token))[0] == "UNAVAILABLE"
    assert not stopping.done()
    storage.open.set()
    assert await call == b""
    await stopping
    assert node.lines == []
    assert node.edge.grpc_port == 0


async def test_after_the_grace_calls_are_cut_off(start: Start, connect: Connect) -> None:
    node = serving()
    storage = Storage(node)
    client, token = connect(await start(node)), shown(bearer(node.token()))
    call = asyncio.ensure_future(client.refused(DELETE, **token))
    await until(lambda: storage.waiting)
    stopping = asyncio.ensure_future(node.edge.stop(5))
    await until(lambda: node.edge._port.draining)
    await node.clock.advance(6)
    assert (await call)[0] == "UNAVAILABLE"
    await asyncio.wait_for(stopping, PATIENCE_SECONDS)
    assert [line["event"] for line in node.lines] == ["not everything ended in time"]


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


async def test_the_port_is_the_one_below_unless_it_is_named(start: Start) -> None:
    first = await start(serving())
    while not is_free(first.edge.grpc_port + 1):
        first = await start(serving())
    below = serving(port=first.edge.grpc_port + 1)
    with pytest.raises(BadSetting, match=f"^edge.grpc_port: .*127.0.0.1:{first.edge.grpc_port} .*edge.grpc=false"):
        await below.edge.start()
    with pytest.raises(OSError, match=r"refused|Connect|Errno"):
        await Http.open(below.edge.settings.port)
    with pytest.raises(BadSetting, match=r"^edge.host and edge.port: cannot listen"):
        await serving(port=first.port).edge.start()
    without = await start()
    assert without.edge.grpc_port == 0
    named = without.port  # free once that node has stopped
    await without.edge.stop(0)
    assert (await start(serving(grpc_port=named))).edge.grpc_port == named


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl to make certificates with")
async def test_tls_with_a_certificate_that_is_renewed(start: Start, made: Path, tmp_path: Path) -> None:  # noqa: F811
    install(made, tmp_path, "old")
    node = await start(serving(**settings(tmp_path)))

    async def greeted(certificate: str) -> bool:
        trusted = grpc.ssl_channel_credentials((made / certificate).read_bytes())
        own = [("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.secure_channel(f"127.0.0.1:{node.edge.grpc_port}", trusted, own) as secure:
            return await Client(secure)("nakama.api.Nakama/Healthcheck") == b""

    assert await greeted("old.pem")
    install(made, tmp_path, "new")
    await node.clock.advance(10)
    assert await greeted("new.pem")
    assert not await greeted("old.pem")
    assert [line["event"] for line in node.lines] == ["the TLS certificate was renewed"]


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:127.0.0.1:50000", "127.0.0.1"),
        ("ipv6:%5B::1%5D:50000", "::1"),
        ("ipv6:[2001:db8::1]:50000", "2001:db8::1"),
        ("", ""),
    ],
)
def test_the_address_of_a_peer(peer: str, address: str) -> None:
    assert peer_address(peer) == address
