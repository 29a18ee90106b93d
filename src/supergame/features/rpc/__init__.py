"""Rpc: functions of the game's own that clients and other servers call by name."""

from supergame.core.feature import Feature
from supergame.features.rpc.messages import MESSAGES
from supergame.features.rpc.model import Function, RpcCrashed, RpcFailed, RpcNotFound
from supergame.features.rpc.routes import ROUTES
from supergame.features.rpc.service import Rpcs

__all__ = ["Function", "RpcCrashed", "RpcFailed", "RpcNotFound", "Rpcs", "feature"]

feature = Feature(name="rpc", service=Rpcs, routes=ROUTES, messages=MESSAGES)
