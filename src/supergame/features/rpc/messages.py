"""Functions of the game, called over a socket."""

from __future__ import annotations

from collections.abc import Awaitable

from supergame.core.errors import BadInput
from supergame.edge import Session
from supergame.features.rpc.service import Rpcs
from supergame.protocol.rpc import Rpc


def call(rpcs: Rpcs, session: Session, message: Rpc) -> Rpc | Awaitable[Rpc]:
    """Call a function as the session's player."""
    if not message.id:
        raise BadInput("RPC ID must be set")
    answer = rpcs.call(session, message.id, message.payload)
    return Rpc(message.id, answer) if isinstance(answer, str) else _finish(message.id, answer)


async def _finish(name: str, answer: Awaitable[str]) -> Rpc:
    return Rpc(name, await answer)


MESSAGES = {"rpc": call}
