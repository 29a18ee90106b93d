"""What requests are to everybody: the request, the response, and the caller behind a request."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

import msgspec

from supergame.core.errors import BadInput


class Response:
    """An HTTP answer: status, body, and headers beside Content-Length and Content-Type."""

    __slots__ = ("body", "content_type", "headers", "status")

    def __init__(
        self,
        body: bytes | str = b"",
        status: int = 200,
        content_type: str = "text/plain; charset=utf-8",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.body = body.encode() if isinstance(body, str) else body
        self.status = status
        self.content_type = content_type
        self.headers = headers or {}

    @classmethod
    def json(cls, value: object, status: int = 200) -> Response:
        """An answer that is JSON; `value` may be anything that msgspec can encode."""
        return cls(msgspec.json.encode(value), status, "application/json")


class Request:
    """An HTTP request whose body has arrived and been unpacked. Names of headers are in lower case."""

    def __init__(
        self,
        method: str,
        path: str,
        query: bytes = b"",
        headers: Mapping[bytes, bytes] | None = None,
        body: bytes = b"",
        address: str = "",
    ) -> None:
        self.method = method
        self.path = path
        """As it was sent: percent-encoded, without the query string."""
        self.query = query
        """As it was sent, without its "?"."""
        self.raw_headers = headers or {}
        self.body = body
        self.address = address
        """The player's, not that of a trusted proxy."""
        self.params: Mapping[str, str] = {}
        """What the route's pattern names in the path, decoded."""

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """Headers by lower-case name; one given twice is joined by a comma."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.raw_headers.items()}

    @cached_property
    def query_params(self) -> Mapping[str, list[str]]:
        """The query string taken apart: a list of values for each name."""
        return parse_qs(self.query.decode("utf-8", "replace"), keep_blank_values=True)

    def json(self) -> Any:
        """The body as JSON. Raises BadInput."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise BadInput(f"The body is not JSON: {error}") from None


class Caller:
    """Who calls an operation over HTTP or gRPC. Alike in its attributes to a `Session`."""

    __slots__ = (
        "address",
        "expires_at",
        "family",
        "generation",
        "http",
        "issued_us",
        "lang",
        "user_id",
        "username",
        "vars",
    )

    session_id = ""
    """A request belongs to no socket."""

    def __init__(
        self,
        http: Request,
        user_id: str = "",
        username: str = "",
        vars: dict[str, str] | None = None,  # noqa: A002 - the protocol's word
        expires_at: int = 0,
        family: str = "",
        generation: int = 0,
        issued_us: int = 0,
    ) -> None:
        self.http = http
        """The request itself: headers, query parameters, body. Of a gRPC call, the metadata are the headers."""
        self.address = http.address
        self.user_id = user_id
        """Empty for who came with the server key or the http key."""
        self.username = username
        self.vars = vars or {}
        self.lang = "en"
        self.expires_at = expires_at
        self.family = family
        self.generation = generation
        self.issued_us = issued_us
