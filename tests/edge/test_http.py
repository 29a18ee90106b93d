"""HTTP on the wire: what well-behaved clients get, what bad input gets, and that order is kept."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.edge.wire import HANDSHAKE, Http, Node, ask, bearer, request_bytes, running, until

from supergame.edge import Request, Response
from supergame.edge.server import METRICS_SECONDS

Start = Callable[..., Awaitable[Node]]
RPC = "/v2/rpc/echo"
PAYLOAD = json.dumps('{"hello":"world"}').encode()


async def echo_body(request: Request) -> Response:
    return Response(request.body)


async def test_an_rpc_is_answered(node: Node) -> None:
    answer = await ask(node.port, "POST", RPC, bearer(node.token()), PAYLOAD)
    assert answer.status == 200
    assert answer.json == {"payload": '{"hello":"world"}'}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store, no-cache, must-revalidate"


async def test_there_is_nothing_at_the_root_and_a_healthcheck(node: Node) -> None:
    root = await ask(node.port, "GET", "/")
    assert (root.status, root.body) == (200, b"")
    health = await ask(node.port, "GET", "/healthcheck")
    assert (health.status, health.body) == (200, b"{}")


async def test_head_is_get_without_the_body(node: Node) -> None:
    answer = await ask(node.port, "HEAD", "/healthcheck")
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "2", b"")


async def test_what_is_not_there(node: Node) -> None:
    nowhere = await ask(node.port, "GET", "/v2/nothing")
    assert (nowhere.status, nowhere.json) == (404, {"code": 5, "message": "Not Found"})
    wrong = await ask(node.port, "DELETE", RPC)
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET, POST")


async def test_metrics_and_the_description_of_the_interface(node: Node) -> None:
    await ask(node.port, "POST", RPC, bearer(node.token()), PAYLOAD)
    metrics = (await ask(node.port, "GET", "/metrics")).body.decode()
    assert 'supergame_requests_total{operation="RpcFunc"} 1.0' in metrics
    assert "supergame_connections" in metrics
    await ask(node.port, "POST", RPC, bearer(node.token()), PAYLOAD)
    assert (await ask(node.port, "GET", "/metrics")).body.decode() == metrics  # rendered once a second at most
    await node.clock.advance(METRICS_SECONDS)
    assert (
        'supergame_requests_total{operation="RpcFunc"} 2.0' in (await ask(node.port, "GET", "/metrics")).body.decode()
    )
    described = (await ask(node.port, "GET", "/openapi.json")).json
    assert described["openapi"].startswith("3.1")
    assert "/v2/rpc/{id}" in described["paths"]


async def test_one_connection_serves_many_requests(node: Node) -> None:
    http = await Http.open(node.port)
    for _ in range(3):
        http.send(request_bytes("GET", "/healthcheck"))
        assert (await http.answer()).body == b"{}"


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_pipelined_requests_are_answered_in_order(run: Callable[[Any], None]) -> None:
    """The first is slow, and hundreds wait behind it: more than are taken at once, some of them slow as well."""

    async def scenario() -> None:
        node = Node()
        gate = asyncio.Event()

        async def slow(request: Request) -> Response:
            await gate.wait()
            return Response(request.query)

        node.edge.router.add_raw("GET", "/slow", slow)
        node.edge.router.add_raw("GET", "/quick", lambda request: Response(request.query))
        async with running(node):
            http = await Http.open(node.port)
            expected = []
            for i in range(900):
                http.send(request_bytes("GET", f"{'/slow' if i % 100 == 0 else '/quick'}?{i}"))
                expected.append(str(i).encode())
            gate.set()
            assert [(await http.answer()).body for _ in range(900)] == expected

    run(scenario())


async def test_requests_that_come_in_pieces(node: Node) -> None:
    http = await Http.open(node.port)
    data = request_bytes("POST", RPC, bearer(node.token()), PAYLOAD)
    for i in range(0, len(data), 7):
        http.send(data[i : i + 7])
        await asyncio.sleep(0)
    assert (await http.answer()).status == 200


async def test_a_body_in_chunks(node: Node) -> None:
    http = await Http.open(node.port)
    head = request_bytes("POST", RPC, {**bearer(node.token()), "Transfer-Encoding": "chunked"})
    http.send(head + b"6\r\n" + PAYLOAD[:6] + b"\r\n")
    http.send(b"%x\r\n" % (len(PAYLOAD) - 6) + PAYLOAD[6:] + b"\r\n0\r\n\r\n")
    assert (await http.answer()).json == {"payload": '{"hello":"world"}'}


async def test_trailers_are_passed_over(start: Start) -> None:
    """They could else add to the headers of a proxy that lets them pass."""
    node = await start(trusted_proxies=("127.0.0.1",))
    node.edge.router.add_raw("POST", "/address", lambda request: Response(request.address))
    http = await Http.open(node.port)
    head = request_bytes("POST", "/address", {"X-Forwarded-For": "10.1.1.1", "Transfer-Encoding": "chunked"})
    http.send(head + b"1\r\nx\r\n0\r\nX-Forwarded-For: 10.2.2.2\r\n\r\n")
    assert (await http.answer()).body == b"10.1.1.1"


@pytest.mark.parametrize("endless", [b"x" * 16, b"x: y\r\n"])
async def test_trailers_that_never_end_are_refused(start: Start, endless: bytes) -> None:
    node = await start(body_bytes_max=4_096)
    http = await Http.open(node.port)
    http.send(request_bytes("POST", RPC, {"Transfer-Encoding": "chunked"}) + b"1\r\nx\r\n0\r\nx: y\r\nz: ")
    http.send(endless * 10_000)
    answer = await http.answer()
    assert (answer.status, answer.json["message"]) == (400, "http: request body too large")


async def test_who_asks_whether_to_go_on_is_told_so(node: Node) -> None:
    http = await Http.open(node.port)
    headers = {**bearer(node.token()), "Expect": "100-continue", "Content-Length": str(len(PAYLOAD))}
    http.send(request_bytes("POST", RPC, headers))
    assert (await http.answer()).status == 100
    http.send(PAYLOAD)
    assert (await http.answer()).status == 200


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(PAYLOAD, mtime=0)),
        ("deflate", zlib.compress(PAYLOAD)),
        ("deflate", zlib.compress(PAYLOAD)[2:-4]),
        ("identity", PAYLOAD),
    ],
)
async def test_packed_bodies(node: Node, encoding: str, packed: bytes) -> None:
    headers = {**bearer(node.token()), "Content-Encoding": encoding}
    assert (await ask(node.port, "POST", RPC, headers, packed)).json == {"payload": '{"hello":"world"}'}


@pytest.mark.parametrize(
    ("encoding", "packed", "message"),
    [
        ("gzip", gzip.compress(b"0" * 1_000_000, mtime=0), "http: request body too large"),
        ("gzip", b"not packed", "The body is not gzip."),
        ("gzip", gzip.compress(PAYLOAD, mtime=0)[:-4], "The body is not gzip."),
        ("br", PAYLOAD, "The body's Content-Encoding is none of gzip, deflate, identity."),
    ],
)
async def test_packed_bodies_that_are_bombs_or_lies(node: Node, encoding: str, packed: bytes, message: str) -> None:
    answer = await ask(node.port, "POST", RPC, {**bearer(node.token()), "Content-Encoding": encoding}, packed)
    assert (answer.status, answer.json) == (400, {"code": 3, "message": message})


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_body_that_is_too_large(start: Start, chunked: bool) -> None:
    """The answer reaches the client though it has not stopped sending."""
    node = await start(body_bytes_max=1000)
    http = await Http.open(node.port)
    if chunked:
        http.send(request_bytes("POST", RPC, {"Transfer-Encoding": "chunked"}) + b"800\r\n" + b"x" * 0x800)
    else:
        http.send(request_bytes("POST", RPC, {"Content-Length": "1000000"}) + b"x" * 500_000)
    answer = await http.answer()
    assert (answer.status, answer.json) == (400, {"code": 3, "message": "http: request body too large"})
    assert answer.headers["connection"] == "close"
    assert await http.ended() == b""


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"CONNECT test:443 HTTP/1.1\r\nHost: test\r\n\r\n", 400),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nx: " + b"x" * 20_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nx: " + b"x" * 40_000, 431),
    ],
)
async def test_what_is_not_http_is_told_so_and_ended(node: Node, data: bytes, status: int) -> None:
    http = await Http.open(node.port)
    http.send(data)
    assert (await http.answer()).status == status
    assert await http.ended() == b""
    http.close()
    assert node.lines == []


async def test_an_address_with_a_host_in_it(node: Node) -> None:
    assert (await ask(node.port, "GET", "http://test/healthcheck?x=1")).status == 200
    assert (await ask(node.port, "GET", "http://test")).status == 200


async def test_who_offers_another_protocol_is_answered_in_this_one(node: Node) -> None:
    """Java's client offers h2c with its first request, whatever that is; and several may come at once."""
    http = await Http.open(node.port)
    upgrade = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP"}
    one = request_bytes("POST", RPC, {**bearer(node.token()), **upgrade}, PAYLOAD)
    http.send(one * 100)
    for _ in range(100):
        assert (await http.answer()).json == {"payload": '{"hello":"world"}'}


async def test_http_1_0_ends_after_the_answer_unless_it_asks_to_stay(node: Node) -> None:
    http = await Http.open(node.port)
    http.send(b"GET /healthcheck HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert (await http.answer()).headers["connection"] == "keep-alive"
    http.send(b"GET /healthcheck HTTP/1.0\r\n\r\n")
    assert (await http.answer()).headers["connection"] == "close"
    assert await http.ended() == b""


# Browsers


async def test_a_browser_may_call_from_anywhere(node: Node) -> None:
    preflight = {"Origin": "https://game.example", "Access-Control-Request-Method": "PUT"}
    answer = await ask(node.port, "OPTIONS", "/v2/storage", preflight)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "Authorization, Content-Type, User-Agent"
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, POST, PUT, DELETE"
    refused = await ask(node.port, "POST", RPC, {"Origin": "https://game.example"}, PAYLOAD)
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (401, "*")


async def test_a_browser_may_call_from_one_place_only(start: Start) -> None:
    node = await start(cors_origin="https://game.example")
    answer = await ask(node.port, "GET", "/healthcheck", {"Origin": "https://game.example"})
    assert answer.headers["access-control-allow-origin"] == "https://game.example"
    assert answer.headers["vary"] == "Origin"


async def test_no_browser_may_call(start: Start) -> None:
    node = await start(cors_origin="")
    answer = await ask(node.port, "GET", "/healthcheck", {"Origin": "https://game.example"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("accepts", "packed"),
    [("gzip, deflate", True), ("*", True), ("gzip;q=0.5", True), ("gzip;q=0", False), ("br", False), ("", False)],
)
async def test_large_answers_are_packed_for_who_asks(node: Node, accepts: str, packed: bool) -> None:
    payload = "x" * 5000
    headers = {**bearer(node.token()), **({"Accept-Encoding": accepts} if accepts else {})}
    answer = await ask(node.port, "POST", RPC, headers, json.dumps(payload).encode())
    body = gzip.decompress(answer.body) if packed else answer.body
    assert (answer.headers.get("content-encoding") == "gzip") is packed
    assert answer.headers["vary"] == "Accept-Encoding"
    assert json.loads(body) == {"payload": payload}


# A game's own routes


async def test_a_route_of_a_game_s_own(start: Start) -> None:
    node = Node()
    seen: list[Request] = []

    def hook(request: Request) -> Response:
        seen.append(request)
        return Response.json({"shop": request.params["shop"]}, status=201)

    node.edge.router.add_raw("POST", "/hooks/{shop}", hook)
    await start(node)
    answer = await ask(node.port, "POST", "/hooks/a%2Fb?x=1&x=2&y=", {"X-Sign": "abc", "Accept": "a"}, b'{"paid":true}')
    assert (answer.status, answer.json) == (201, {"shop": "a/b"})
    assert seen[0].headers["x-sign"] == "abc"
    assert seen[0].query_params == {"x": ["1", "2"], "y": [""]}
    assert seen[0].json() == {"paid": True}
    assert seen[0].address == "127.0.0.1"


async def test_a_route_that_fails_is_logged_and_tells_no_more_than_where(start: Start) -> None:
    node = Node()

    async def later(request: Request) -> Response:
        raise RuntimeError("secret")

    def at_once(request: Request) -> Response:
        raise RuntimeError("secret")

    def nonsense(request: Request) -> Response:
        return "text"  # type: ignore[return-value]

    def no_json(request: Request) -> Response:
        return Response.json(request.json())

    for name, handler in {"/later": later, "/at_once": at_once, "/nonsense": nonsense, "/no_json": no_json}.items():
        node.edge.router.add_raw("GET", name, handler)
    await start(node)
    for path in ("/later", "/at_once", "/nonsense"):
        answer = await ask(node.port, "GET", path)
        line = node.lines.pop()
        assert (answer.status, answer.json["code"]) == (500, 13)
        assert line["request_id"] in answer.json["message"]
        assert "secret" not in answer.json["message"]
        assert (line["path"], line["log_level"]) == (path, "error")
        assert isinstance(line["exc_info"], Exception)
    assert (await ask(node.port, "GET", "/no_json")).status == 400


async def test_headers_of_a_game_cannot_break_out(start: Start) -> None:
    node = Node()
    node.edge.router.add_raw(
        "GET", "/x", lambda request: Response(b"x", content_type="a\r\nb: c", headers={"X": "1\r\nSet-Cookie: a=b"})
    )
    await start(node)
    answer = await ask(node.port, "GET", "/x")
    assert "set-cookie" not in answer.headers
    assert "b" not in answer.headers


# Time


async def test_a_request_that_never_ends_is_given_up(node: Node) -> None:
    http = await Http.open(node.port)
    http.send(b"GET / HTTP/1.1\r\nx: ")
    await until(lambda: node.edge._port.bytes_in.value)
    await node.clock.advance(20)
    assert (await http.answer()).status == 408
    await node.clock.advance(3)
    assert await http.ended() == b""


async def test_a_connection_that_rests_too_long_is_ended(node: Node) -> None:
    http = await Http.open(node.port)
    http.send(request_bytes("GET", "/healthcheck"))
    await http.answer()
    await node.clock.advance(40)
    http.send(request_bytes("GET", "/healthcheck"))
    await http.answer()
    await node.clock.advance(66)
    assert await http.ended() == b""


async def test_a_handler_that_never_ends_is_given_up(start: Start) -> None:
    node = Node(handler_seconds_max=30)

    async def forever(request: Request) -> Response:
        await asyncio.Event().wait()
        return Response()

    node.edge.router.add_raw("GET", "/forever", forever)
    await start(node)
    http = await Http.open(node.port)
    http.send(request_bytes("GET", "/forever") + request_bytes("GET", "/healthcheck"))
    await until(lambda: node.edge._port.tasks)
    await node.clock.advance(40)
    assert (await http.answer()).status == 504
    assert (await http.answer()).status == 200


async def test_who_goes_away_disturbs_no_handler(start: Start) -> None:
    node = Node()
    done, gate = asyncio.Event(), asyncio.Event()

    async def write(request: Request) -> Response:
        await gate.wait()
        done.set()
        return Response()

    node.edge.router.add_raw("POST", "/write", write)
    await start(node)
    http = await Http.open(node.port)
    http.send(request_bytes("POST", "/write"))
    await until(lambda: node.edge._port.tasks)
    http.close()
    for _ in range(20):
        await asyncio.sleep(0)
    gate.set()
    await asyncio.wait_for(done.wait(), 10)
    await until(lambda: not node.edge._port.connections)


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_who_does_not_read_is_not_answered_further_and_cut_off_in_the_end(run: Callable[[Any], None]) -> None:
    async def scenario() -> None:
        node = Node()
        asked: list[int] = []

        def large(request: Request) -> Response:
            asked.append(1)
            return Response(b"x" * 1_000_000)

        node.edge.router.add_raw("GET", "/large", large)
        async with running(node):
            http = await Http.open(node.port)
            http.writer.transport.pause_reading()  # type: ignore[attr-defined]
            http.send(request_bytes("GET", "/large") * 1000)
            (connection,) = list(node.edge._port.connections)
            await until(lambda: connection._writing_paused)  # type: ignore[attr-defined]
            assert len(asked) < 100
            other = await ask(node.port, "GET", "/healthcheck")
            assert other.status == 200
            await node.clock.advance(20)
            await until(lambda: not node.edge._port.connections)

    run(scenario())


async def test_who_reads_slowly_gets_everything(start: Start) -> None:
    node = Node()
    node.edge.router.add_raw("GET", "/large", lambda request: Response(b"x" * 1_000_000))
    await start(node)
    http = await Http.open(node.port)
    http.send(request_bytes("GET", "/large") * 20)
    for _ in range(20):
        assert len((await http.answer()).body) == 1_000_000


# Limits


async def test_an_address_may_ask_only_so_often(start: Start) -> None:
    node = await start(requests_per_second_max=10, requests_burst_max=5)
    http = await Http.open(node.port)  # the connection counts as one
    statuses = []
    for _ in range(6):
        http.send(request_bytes("GET", "/healthcheck", {"Origin": "https://game.example"}))
        answer = await http.answer()
        statuses.append(answer.status)
    assert statuses == [200] * 4 + [429] * 2
    assert answer.json == {"code": 8, "message": "Too many requests; try again in a moment."}
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["access-control-expose-headers"] == "Retry-After"
    await node.clock.advance(1)
    http.send(request_bytes("GET", "/healthcheck"))
    assert (await http.answer()).status == 200


async def test_an_address_may_hold_only_so_many_connections(start: Start) -> None:
    node = await start(connections_per_address_max=2)
    held = [await Http.open(node.port) for _ in range(2)]
    third = await Http.open(node.port)
    assert (await third.answer()).status == 429
    assert await third.ended() == b""
    held[0].close()
    await until(lambda: len(node.edge._port.connections) == 1)
    assert (await ask(node.port, "GET", "/healthcheck")).status == 200


async def test_a_trusted_proxy_speaks_for_many_players(start: Start) -> None:
    """Each player has a limit of their own, the proxy has none, and nobody can pretend to be another."""
    node = Node(trusted_proxies=("127.0.0.0/8",), requests_per_second_max=1, requests_burst_max=2)
    node.edge.router.add_raw("GET", "/who", lambda request: Response(request.address))
    await start(node)
    http = await Http.open(node.port)

    async def status(forwarded: str) -> tuple[int, bytes]:
        http.send(request_bytes("GET", "/who", {"X-Forwarded-For": forwarded}))
        answer = await http.answer()
        return answer.status, answer.body

    assert await status("203.0.113.1") == (200, b"203.0.113.1")
    assert await status("9.9.9.9, 203.0.113.1:4711, 127.0.0.2") == (200, b"203.0.113.1")
    assert (await status("8.8.8.8, 203.0.113.1"))[0] == 429
    assert await status("[2001:db8::1]:443") == (200, b"2001:db8::1")
    assert await status("nonsense") == (200, b"127.0.0.1")


async def test_nobody_else_is_believed(start: Start) -> None:
    node = Node()
    node.edge.router.add_raw("GET", "/who", lambda request: Response(request.address))
    await start(node)
    assert (await ask(node.port, "GET", "/who", {"X-Forwarded-For": "9.9.9.9"})).body == b"127.0.0.1"


# Anything at all

requests = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda method, target, headers, body: (
            f"{method} {target} HTTP/1.1\r\n".encode("latin-1", "replace")
            + b"".join(b"%b: %b\r\n" % header for header in headers)
            + b"\r\n"
            + body
        ),
        st.sampled_from(["GET", "POST", "PUT", "OPTIONS", "HEAD", "CONNECT", "PATCH", "get", ""]),
        st.one_of(
            st.sampled_from(["/", "*", RPC, "/ws", "/ws?token=x", "http://x/y", "/%ff?%ff"]), st.text(max_size=20)
        ),
        st.lists(
            st.tuples(
                st.sampled_from(
                    [b"Content-Length", b"Transfer-Encoding", b"Upgrade", b"Connection", b"Content-Encoding", b"Expect"]
                )
                | st.binary(max_size=10),
                st.sampled_from([b"0", b"5", b"-1", b"chunked", b"websocket", b"upgrade", b"gzip", b"100-continue"])
                | st.binary(max_size=10),
            ),
            max_size=5,
        ),
        st.binary(max_size=30),
    ),
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(requests, min_size=1, max_size=4), st.integers(1, 50))
async def test_no_input_whatsoever_breaks_it(node: Node, requests: list[bytes], piece: int) -> None:
    """Whatever comes, in whatever pieces: it is answered or ended, nothing is logged, and others are served."""
    http = await Http.open(node.port)
    data = b"".join(requests)
    for i in range(0, len(data), piece):
        http.send(data[i : i + piece])
    http.writer.write_eof()
    answers = await http.ended()
    assert answers == b"" or answers.startswith(b"HTTP/1.1 ")
    http.close()
    assert (await ask(node.port, "GET", "/healthcheck")).status == 200
    assert node.lines == []


# Rpcs


async def test_an_rpc_whose_payload_is_no_json_string(node: Node) -> None:
    answer = await ask(node.port, "POST", RPC, bearer(node.token()), b'{"a":1}')
    assert (answer.status, answer.json["code"]) == (400, 3)
    assert answer.json["error"] == answer.json["message"]


async def test_an_rpc_may_take_and_give_its_payload_as_it_is(node: Node) -> None:
    headers = {**bearer(node.token()), "Content-Type": "text/csv"}
    answer = await ask(node.port, "POST", f"{RPC}?unwrap", headers, b"a,b")
    assert (answer.body, answer.headers["content-type"]) == (b"a,b", "text/csv")
    bad = await ask(node.port, "POST", f"{RPC}?unwrap", headers, b"\xff")
    assert (bad.status, bad.json["message"]) == (400, "The body is not UTF-8")


async def test_an_rpc_by_get_has_no_payload(node: Node) -> None:
    answer = await ask(node.port, "GET", f"{RPC}?payload=x", bearer(node.token()))
    assert (answer.status, answer.json) == (200, {"payload": ""})


async def test_a_socket_cannot_be_opened_behind_other_requests(start: Start) -> None:
    node = Node()
    gate = asyncio.Event()

    async def slow(request: Request) -> Response:
        await gate.wait()
        return Response()

    node.edge.router.add_raw("GET", "/slow", slow)
    await start(node)
    http = await Http.open(node.port)
    http.send(request_bytes("GET", "/slow") + request_bytes("GET", f"/ws?token={node.token()}", HANDSHAKE))
    answer = await http.answer()
    assert answer.status == 400
    gate.set()
