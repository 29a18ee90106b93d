"""What can go wrong on the client's side.

* ClientError
  x RequestFailed     the server refused an HTTP request; `status`, gRPC `code`
  x SocketFailed      the server refused a message on the socket; the protocol's `code`
  x ConnectionLost    there is no connection, or it broke before the answer came
"""

from __future__ import annotations


class ClientError(Exception):
    """A request could not be done."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class RequestFailed(ClientError):
    """The server refused an HTTP request."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class SocketFailed(ClientError):
    """The server refused a message on the socket."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class ConnectionLost(ClientError):
    """The connection is gone."""
