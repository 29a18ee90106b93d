"""The API as a client's generated code has it: made of the published names and numbers, and of nothing of ours.

`client = Api(channel)`, then `client.call("GetUsers", token, usernames=["ann"]).users[0].id`.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import grpc
from tests.protocol.published import API as PUBLISHED
from tests.protocol.published import FACTS

OPERATIONS: dict[str, tuple[str, str]] = {
    fact["operation"]: (fact["request"].removeprefix("api."), fact["response"].removeprefix("api."))
    for fact in json.loads((FACTS / "endpoints.json").read_text())
}
"""Each operation's request and answer."""

SERVER_KEY = "Basic " + b64encode(b"defaultkey:").decode()
ANSWER_SECONDS_MAX = 20.0

SERVICE = "nakama.api.Nakama"


class Api:
    """A client of the published service."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel

    def call(self, operation: str, authorization: str = "", /, **values: Any) -> Any:
        """Call an operation with the fields of its request. Raises grpc.RpcError."""
        request, response = OPERATIONS[operation]
        data = PUBLISHED[request](**values).SerializeToString()
        return PUBLISHED[response].FromString(self.begin(operation, data, authorization).result())

    def begin(self, operation: str, data: bytes = b"", authorization: str = "", service: str = SERVICE) -> Any:
        """Begin to call an operation with any bytes; the future knows the answer, or `code()` and `details()`."""
        metadata = [("authorization", authorization)] if authorization else []
        method = self._channel.unary_unary(f"/{service}/{operation}")
        return method.future(data, metadata=metadata, timeout=ANSWER_SECONDS_MAX)

    def login(self, device_id: str) -> str:
        """Log a player in; gives what to show from then on."""
        session = self.call("AuthenticateDevice", SERVER_KEY, account={"id": device_id})
        return f"Bearer {session.token}"
