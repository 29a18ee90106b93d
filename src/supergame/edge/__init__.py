"""The edge: one port for HTTP and sockets, sessions, tokens, limits, and the routing of what comes in."""

from supergame.edge.codec import CODECS, JSON, PROTOBUF, Codec
from supergame.edge.frames import BINARY, frame
from supergame.edge.hooks import After, Before, Hooks
from supergame.edge.later import Later
from supergame.edge.limits import group
from supergame.edge.quotas import Quota, Room
from supergame.edge.request import Caller, Request, Response
from supergame.edge.router import RawHandler, RawRoute, Router, StaticFolder
from supergame.edge.server import Edge
from supergame.edge.session import Session, deliver, fan_out
from supergame.edge.sessions import Sessions
from supergame.edge.settings import EdgeSettings
from supergame.edge.tokens import Claims, Revoked, TokenPair, Tokens

__all__ = [
    "BINARY",
    "CODECS",
    "JSON",
    "PROTOBUF",
    "After",
    "Before",
    "Caller",
    "Claims",
    "Codec",
    "Edge",
    "EdgeSettings",
    "Hooks",
    "Later",
    "Quota",
    "RawHandler",
    "RawRoute",
    "Request",
    "Response",
    "Revoked",
    "Room",
    "Router",
    "Session",
    "Sessions",
    "StaticFolder",
    "TokenPair",
    "Tokens",
    "deliver",
    "fan_out",
    "frame",
    "group",
]
