"""Answers as bytes: status line, headers, packing, and what browsers want to hear."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from supergame.edge.bodies import accepts_gzip, pack
from supergame.edge.failures import header_text
from supergame.edge.request import Request, Response
from supergame.edge.settings import EdgeSettings

JSON_TYPE: Final = "application/json"
NO_STORE: Final = b"Cache-Control: no-store, no-cache, must-revalidate\r\n"

_STATUS_LINES: Final = {
    status: b"HTTP/1.1 %d %b\r\n" % (status, phrase.encode())
    for status, phrase in {499: "Client Closed Request", **{s.value: s.phrase for s in HTTPStatus}}.items()
}
_JSON_HEADS: Final = {
    status: line + b"Content-Type: application/json\r\n" + NO_STORE for status, line in _STATUS_LINES.items()
}
_PACKABLE: Final = ("application/json", "text/", "application/javascript", "image/svg")


def render(settings: EdgeSettings, request: Request | None, response: Response, keep_alive: bool) -> bytes:
    """The bytes of an answer; without a request when there was none that could be read."""
    status, body = response.status, response.body
    if response.content_type == JSON_TYPE and not response.headers:
        head = _JSON_HEADS.get(status) or _head(response)
    else:
        head = _head(response)
    if request is not None:
        asked = request.raw_headers
        if b"origin" in asked and settings.cors_origin:
            head += b"Access-Control-Allow-Origin: %b\r\n" % settings.cors_origin.encode()
            if settings.cors_origin != "*":
                head += b"Vary: Origin\r\n"
            if "Retry-After" in response.headers:
                head += b"Access-Control-Expose-Headers: Retry-After\r\n"
        if len(body) >= settings.gzip_bytes_min and _packable(response):
            head += b"Vary: Accept-Encoding\r\n"
            if accepts_gzip(asked.get(b"accept-encoding", b"")):
                head += b"Content-Encoding: gzip\r\n"
                body = pack(body)
        if b"connection" in asked and keep_alive:
            head += b"Connection: keep-alive\r\n"
    if not keep_alive:
        head += b"Connection: close\r\n"
    if status == 304 or status == 204:
        return head + b"\r\n"
    if request is not None and request.method == "HEAD":
        body, length = b"", len(body)
        return b"%bContent-Length: %d\r\n\r\n" % (head, length)
    return b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body)


def _head(response: Response) -> bytes:
    lines = _STATUS_LINES.get(response.status) or b"HTTP/1.1 %d Status\r\n" % response.status
    if response.body or response.content_type == JSON_TYPE:
        lines += b"Content-Type: %b\r\n" % header_text(response.content_type).encode()
    for name, value in response.headers.items():
        lines += b"%b: %b\r\n" % (header_text(name).encode(), header_text(value).encode())
    if "Cache-Control" not in response.headers:
        lines += NO_STORE
    return lines


def _packable(response: Response) -> bool:
    return response.content_type.startswith(_PACKABLE) and not (
        response.headers and ("Content-Encoding" in response.headers or "ETag" in response.headers)
    )
