"""Errors become answers here and nowhere else: an HTTP status with a body, a gRPC status, an error on a socket.

What is not a `SupergameError` is our mistake or the game's: it is logged with its traceback under a request id, and
the caller learns the id and nothing more.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import msgspec

from supergame.core.errors import Disabled, Internal, SupergameError, TooMany
from supergame.core.ids import Ids
from supergame.core.log import Log
from supergame.edge.request import Request, Response
from supergame.edge.session import Session
from supergame.protocol.system import Error, ErrorCode

HTTP_STATUS: Final = {
    1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 501, 13: 500,
    14: 503, 15: 500, 16: 401,
}  # fmt: skip
"""By gRPC code, as the protocol has it."""

OUR_FAULT: Final = frozenset({2, 4, 12, 13, 14, 15})
"""gRPC codes that say nothing against what the client sent."""

GRPC_MESSAGE_BYTES_MAX: Final = 2_000
"""A longer message is cut: clients take no more than 8 KiB of headers, in which one byte may need three."""


class Refusal(NamedTuple):
    """How a gRPC call ends that has failed: the code, the message, and the metadata behind it."""

    code: int
    message: str
    trailing: tuple[tuple[str, str], ...] = ()


class Failures:
    """The one place where errors are turned into answers."""

    def __init__(self, log: Log, ids: Ids) -> None:
        self._log = log
        self._ids = ids

    def http(self, request: Request, error: Exception, *, rpc: bool = False) -> Response:
        """The answer to a request that has failed; rpcs have a body of their own."""
        known = self.known(error, method=request.method, path=request.path, address=request.address)
        body: dict[str, object] = {"code": known.code, "message": known.message}
        if rpc:
            body = {"error": known.message if isinstance(error, SupergameError) else {}, **body}
        return plain_failure(known, body)

    def grpc(self, request: Request, error: Exception) -> Refusal:
        """The end of a gRPC call that has failed."""
        known = self.known(error, path=request.path, address=request.address)
        message = known.message.encode(errors="replace")[:GRPC_MESSAGE_BYTES_MAX].decode(errors="ignore")
        retry = _retry_after(known)
        return Refusal(known.code, message, (("retry-after", retry),) if retry else ())

    def socket(self, session: Session, cid: bytes, error: Exception, *, closes: bool = False) -> None:
        """Tell a session that its message has failed; end the session where the protocol does, or `closes` says so."""
        known = self.known(error, session_id=session.id, user_id=session.user_id)
        code = getattr(error, "realtime_code", None)
        if isinstance(error, Disabled):
            code = ErrorCode.UNRECOGNIZED_PAYLOAD
        elif code is None:
            code = ErrorCode.RUNTIME_EXCEPTION if known.code in OUR_FAULT else ErrorCode.BAD_INPUT
        retry = _retry_after(known)
        session.send(Error(int(code), known.message, {"retry_after": retry} if retry else {}), cid)
        if closes or code in _CLOSING:
            session.close(known.message)

    def known(self, error: Exception, **where: object) -> SupergameError:
        """The error itself if callers may see it, else one that names the request id under which it is logged."""
        if isinstance(error, SupergameError):
            return error
        request_id = self._ids.uuid()
        self._log.error("a request failed", exc_info=error, request_id=request_id, **where)
        return Internal(f"The server made a mistake, which has been logged as {request_id}.")


_CLOSING: Final = (ErrorCode.UNRECOGNIZED_PAYLOAD, ErrorCode.MISSING_PAYLOAD)


class Unrecognized(SupergameError):
    """Unrecognized message."""

    code = 3
    realtime_code = ErrorCode.UNRECOGNIZED_PAYLOAD


class Missing(SupergameError):
    """Missing message."""

    code = 3
    realtime_code = ErrorCode.MISSING_PAYLOAD


def plain_failure(error: SupergameError, body: dict[str, object] | None = None) -> Response:
    """The answer for an error that callers may see."""
    status = HTTP_STATUS.get(error.code, 500)
    response = Response(
        msgspec.json.encode(body or {"code": error.code, "message": error.message}), status, "application/json"
    )
    if status == 401:
        response.headers = {"WWW-Authenticate": header_text(error.message)}
    elif retry := _retry_after(error):
        response.headers = {"Retry-After": retry}
    return response


def _retry_after(error: SupergameError) -> str:
    """In how many whole seconds to try again, at least one; empty where nobody knows."""
    if not isinstance(error, TooMany) or error.retry_seconds is None:
        return ""
    return str(max(1, math.ceil(error.retry_seconds)))


def header_text(text: str) -> str:
    """Text fit for a header: one line of plain characters."""
    return "".join(letter if " " <= letter <= "~" else " " for letter in text)
