"""Functions of the game, called over HTTP by players and, with the http key, by other servers."""

from __future__ import annotations

from collections.abc import Awaitable

from supergame.edge import Caller
from supergame.features.rpc.service import Rpcs
from supergame.protocol.rpc import Rpc


def call(rpcs: Rpcs, caller: Caller, request: Rpc) -> Rpc | Awaitable[Rpc]:
    """Call a function as the player, or as nobody when it came with the http key."""
    answer = rpcs.call(caller, request.id, request.payload)
    return Rpc(payload=answer) if isinstance(answer, str) else _finish(answer)


async def _finish(answer: Awaitable[str]) -> Rpc:
    return Rpc(payload=await answer)


ROUTES = {"RpcFunc": call}
