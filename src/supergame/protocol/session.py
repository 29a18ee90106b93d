"""Sessions: the pair of tokens a player holds after authenticating, its refresh and its end."""

from __future__ import annotations

from supergame.protocol.operation import Auth, Binding, Event, Operation, Realtime
from supergame.protocol.types import Empty, Message


class Session(Message):
    """The tokens of a player who has authenticated: `token` for every call, `refresh_token` for the next pair."""

    created: bool = False
    token: str = ""
    refresh_token: str = ""


class SessionRefreshRequest(Message):
    """A refresh token in exchange for a new pair; `vars`, if given, replace those the session carried."""

    token: str = ""
    vars: dict[str, str] = {}


class SessionLogoutRequest(Message):
    """The tokens to end; with neither given, every session of the player ends."""

    token: str = ""
    refresh_token: str = ""


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="SessionRefresh",
        bindings=(Binding("POST", "/v2/account/session/refresh", "*"),),
        request=SessionRefreshRequest,
        response=Session,
        auth=Auth.SERVER_KEY,
        summary="Exchange a refresh token for a new pair of tokens.",
    ),
    Operation(
        name="SessionLogout",
        bindings=(Binding("POST", "/v2/session/logout", "*"),),
        request=SessionLogoutRequest,
        response=Empty,
        summary="End a session, or all sessions of the player.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[Event, ...] = ()
