"""Functions of the game: typed arguments and answers, refusals, crashes, and how they are described."""

from dataclasses import dataclass
from typing import Any, TypedDict

import aiohttp
import msgspec
import pytest
from structlog.testing import capture_logs

from supergame import testing
from supergame.client import RequestFailed, SocketFailed
from supergame.game import BadGame, Conflict, Context, Game, Refused
from supergame.game.functions import to_payload


class Order(msgspec.Struct):
    item: str
    count: int = 1


class Bill(msgspec.Struct):
    total: int


@dataclass
class Point:
    x: float
    y: float


class Named(TypedDict):
    name: str


def shop() -> Game:
    game = Game("shop")

    @game.rpc
    async def buy(ctx: Context, order: Order) -> Bill:
        """Buy something.

        The price is not for clients to say.
        """
        if order.item == "moon":
            raise Refused("The moon is not for sale.")
        return Bill(order.count * 10)

    @game.rpc("WhoAmI")
    def who(ctx: Context) -> dict[str, Any]:
        return {"id": ctx.user_id, "name": ctx.username, "socket": ctx.session is not None, "http": bool(ctx.http)}

    @game.rpc
    def mirror(ctx: Context, point: Point) -> Point:
        return Point(-point.x, point.y)

    @game.rpc
    def greet(ctx: Context, who: Named) -> str:
        return f"Hello {who['name']}"

    @game.rpc
    def double(ctx: Context, n: int) -> int:
        return 2 * n

    @game.rpc
    def shout(ctx: Context, text: str) -> str:
        return text.upper()

    @game.rpc
    def raw(ctx: Context, data: bytes) -> bytes:
        return data + b"!"

    @game.rpc
    def nothing(ctx: Context) -> None:
        return None

    @game.rpc
    def crash(ctx: Context) -> None:
        raise ZeroDivisionError("a mistake of the author's")

    @game.rpc
    async def crash_later(ctx: Context) -> None:
        raise ZeroDivisionError("a mistake of the author's")

    @game.rpc
    async def taken(ctx: Context) -> None:
        raise Conflict("Somebody was faster.")

    return game


@pytest.fixture
async def node():
    async with testing.node(shop()) as node:
        yield node


@pytest.mark.parametrize(
    ("name", "payload", "answer"),
    [
        ("buy", '{"item":"sword","count":3}', '{"total":30}'),
        ("mirror", '{"x":1,"y":2}', '{"x":-1.0,"y":2.0}'),
        ("greet", '{"name":"Ann"}', "Hello Ann"),
        ("double", "21", "42"),
        ("shout", "not json", "NOT JSON"),
        ("raw", "ü", "ü!"),
        ("nothing", "", ""),
    ],
)
async def test_payloads_become_typed_arguments_and_answers_become_payloads(node, name, payload, answer):
    ann = await node.player("ann")
    assert await ann.socket.rpc(name, payload) == answer
    assert await ann.client.rpc(name, payload, session=ann.session) == answer


async def test_a_payload_of_another_shape_is_refused_with_what_is_wrong(node):
    ann = await node.player("ann")
    for payload in ('{"item":5}', "{", "", '"text"'):
        with pytest.raises(RequestFailed, match="Invalid payload") as refused:
            await ann.client.rpc("buy", payload, session=ann.session)
        assert (refused.value.status, refused.value.code) == (400, 3)
    with pytest.raises(SocketFailed, match=r"Invalid payload: Expected `str`, got `int` - at `\$.item`"):
        await ann.socket.rpc("buy", '{"item":5}')


async def test_the_context_says_who_calls_and_how(node):
    ann = await node.player("ann")
    assert msgspec.json.decode(await ann.socket.rpc("whoami")) == {
        "id": ann.user_id, "name": "ann", "socket": True, "http": False,
    }  # fmt: skip
    over_http = msgspec.json.decode(await ann.client.rpc("WHOAMI", session=ann.session))
    assert over_http == {"id": ann.user_id, "name": "ann", "socket": False, "http": True}
    nobody = msgspec.json.decode(await ann.client.rpc("whoami", http_key="defaulthttpkey"))
    assert nobody == {"id": "", "name": "", "socket": False, "http": True}


async def test_a_refusal_answers_with_its_code_and_text(node):
    ann = await node.player("ann")
    with pytest.raises(RequestFailed) as refused:
        await ann.client.rpc("buy", '{"item":"moon"}', session=ann.session)
    assert (refused.value.status, refused.value.code, refused.value.message) == (403, 7, "The moon is not for sale.")
    with pytest.raises(RequestFailed) as refused:
        await ann.client.rpc("taken", session=ann.session)
    assert (refused.value.status, refused.value.code) == (409, 6)
    with pytest.raises(SocketFailed) as failed:
        await ann.socket.rpc("taken")
    assert (failed.value.code, failed.value.message) == (7, "Somebody was faster.")


@pytest.mark.parametrize("name", ["crash", "crash_later"])
async def test_a_crash_is_logged_with_its_traceback_and_told_as_the_protocol_says(node, name):
    ann = await node.player("ann")
    address = f"http://127.0.0.1:{node.port}/v2/rpc/{name}?http_key=defaulthttpkey"
    with capture_logs() as logs:
        async with aiohttp.ClientSession() as http, http.post(address) as answer:
            status, body = answer.status, await answer.json()
        with pytest.raises(SocketFailed) as failed:
            await ann.socket.rpc(name)
    assert (status, body["code"], body["error"]) == (500, 13, {})
    assert "mistake of the author's" not in body["message"]
    assert failed.value.code == 7
    causes = [line["exc_info"].__cause__ for line in logs if "exc_info" in line]
    assert [type(cause) for cause in causes] == [ZeroDivisionError, ZeroDivisionError]
    assert await ann.socket.rpc("double", "4") == "8"  # it has ended neither the node nor the session


async def test_an_unknown_function_is_not_found(node):
    ann = await node.player("ann")
    with pytest.raises(RequestFailed) as missing:
        await ann.client.rpc("nonsense", session=ann.session)
    assert (missing.value.status, missing.value.message) == (404, "RPC function not found")
    with pytest.raises(SocketFailed) as failed:
        await ann.socket.rpc("nonsense")
    assert failed.value.code == 6


async def test_the_document_of_operations_describes_the_games_own(node):
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{node.port}/openapi.json") as answer:
        document = await answer.json()
    buy = document["paths"]["/v2/rpc/buy"]["post"]
    assert buy["summary"] == "Buy something."
    assert buy["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/game.Order"}
    assert document["components"]["schemas"]["game.Order"]["required"] == ["item"]
    double = document["paths"]["/v2/rpc/double"]["post"]
    assert double["responses"]["200"]["content"]["application/json"]["schema"] == {"type": "integer"}
    assert "requestBody" not in document["paths"]["/v2/rpc/shout"]["post"]


async def test_an_answer_of_a_type_without_a_schema_is_no_obstacle():
    game = Game("odd")

    class Odd:
        pass

    def odd(ctx) -> Odd:
        return Odd()

    game.rpc(odd)
    assert game.rpcs["odd"].described.response is None


def test_what_cannot_be_an_rpc_is_refused_where_it_is_written():
    game = Game("wrong")

    class NotData:
        pass

    def no_context() -> None: ...

    def too_many(ctx, one, two) -> None: ...

    def by_keyword(ctx, *, order) -> None: ...

    def unreadable(ctx, order: "NoSuchType") -> None: ...  # noqa: F821

    def not_data(ctx, order: NotData) -> None: ...

    for function in (no_context, too_many, by_keyword):
        with pytest.raises(BadGame, match="takes the context and at most one argument"):
            game.rpc(function)
    with pytest.raises(BadGame, match="annotations cannot be read"):
        game.rpc(unreadable)
    with pytest.raises(BadGame, match="a payload cannot become NotData"):
        game.rpc(not_data)
    game.rpc("Hello")(lambda ctx: None)
    with pytest.raises(BadGame, match="two rpcs called 'hello'"):
        game.rpc("hello")(lambda ctx: None)


def test_answers_become_payloads():
    assert [to_payload(answer) for answer in ("text", b"bytes", None, [1], Bill(2))] == [
        "text", "bytes", "", "[1]", '{"total":2}',
    ]  # fmt: skip
