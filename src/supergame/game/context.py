"""Who calls a function of the game, and what the function may use."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from supergame.core.log import Log, get_log
from supergame.edge import Caller, Request, Session
from supergame.game.services import Services


class Context(msgspec.Struct, frozen=True):
    """Handed to every function of the game as its first argument.

    `user_id` is empty when no player is behind the call: a job, a lifecycle event, or an rpc with the http key.
    `session` is set when the call came over a socket, `http` when it came over HTTP or gRPC.
    """

    services: Services
    user_id: str = ""
    username: str = ""
    session_id: str = ""
    vars: Mapping[str, str] = {}
    lang: str = ""
    address: str = ""
    expires_at: int = 0
    session: Session | None = None
    http: Request | None = None

    @property
    def log(self) -> Log:
        """A log whose lines say who called."""
        who = {"user_id": self.user_id, "session_id": self.session_id}
        return get_log(**{name: value for name, value in who.items() if value})

    @classmethod
    def of(cls, services: Services, caller: Caller | Session) -> Context:
        """The context of a call by `caller`; all calls of a session share one."""
        if not isinstance(caller, Session):
            return cls._made(services, caller, None, caller.http)
        kept = caller.context
        if isinstance(kept, Context):
            return kept
        made = caller.context = cls._made(services, caller, caller, None)
        return made

    @classmethod
    def _made(
        cls, services: Services, caller: Caller | Session, session: Session | None, http: Request | None
    ) -> Context:
        return cls(
            services,
            caller.user_id,
            caller.username,
            caller.session_id,
            caller.vars,
            caller.lang,
            caller.address,
            caller.expires_at,
            session,
            http,
        )
