"""Every error a caller can be told of, with the code that the wire carries.

* SupergameError
  x BadInput            3   what was sent does not fit
  x DeadlineExceeded    4   it took too long
  x NotFound            5   there is no such thing
    x Disabled          5   the game has switched this operation off
  x Conflict            6   it is there already
  x Refused             7   not allowed
    x Banned            7   the account is closed
  x TooMany             8   a named limit is reached
  x NotConfigured       9   the operator has not set it up
  x Aborted            10   others were writing the same thing all the time
  x Unimplemented      12   the protocol knows it, this server does not
  x Internal           13   our fault
  x Unavailable        14   try again later
  x Unauthenticated    16   who are you?

The codes are those of gRPC, which the client protocol uses in every encoding; `edge` alone turns them
into an HTTP status or an error frame.
"""

from __future__ import annotations


class SupergameError(Exception):
    """Something went wrong."""

    code: int = 13

    def __init__(self, message: str | None = None) -> None:
        self.message = message if message is not None else (type(self).__doc__ or "")
        super().__init__(self.message)


class BadInput(SupergameError):
    """What was sent does not fit."""

    code = 3


class DeadlineExceeded(SupergameError):
    """It took too long."""

    code = 4


class NotFound(SupergameError):
    """There is no such thing."""

    code = 5


class Disabled(NotFound):
    """Requested resource was not found."""


class Conflict(SupergameError):
    """It is there already."""

    code = 6


class Refused(SupergameError):
    """You may not do that."""

    code = 7


class Banned(Refused):
    """User account banned."""


class TooMany(SupergameError):
    """Too many requests; try again in a moment."""

    code = 8

    def __init__(self, message: str | None = None, *, retry_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds
        """When trying again will help, where that is known; clients are told in whole seconds."""


class NotConfigured(SupergameError):
    """The server is not set up for that."""

    code = 9


class Aborted(SupergameError):
    """Others were changing the same thing; please try again."""

    code = 10


class Unimplemented(SupergameError):
    """This server does not offer that."""

    code = 12


class Internal(SupergameError):
    """The server made a mistake, which has been logged."""

    code = 13


class Unavailable(SupergameError):
    """The server cannot do that right now; please try again."""

    code = 14


class Unauthenticated(SupergameError):
    """Auth token invalid"""

    code = 16
