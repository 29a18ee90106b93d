"""The sessions of this node: by id and by user, who hears of their coming and going, and how they are ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator

from supergame.core.log import Log
from supergame.edge.session import DISCONNECTED, Session
from supergame.edge.tokens import Revoked

Listener = Callable[[Session], object]


class _Index:
    """Sessions by something that several may share."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[Session, None]] = {}

    def add(self, key: str, session: Session) -> None:
        self._groups.setdefault(key, {})[session] = None

    def remove(self, key: str, session: Session) -> None:
        group = self._groups[key]
        del group[session]
        if not group:
            del self._groups[key]

    def get(self, key: str) -> Collection[Session]:
        return self._groups.get(key, {}).keys()


class Sessions:
    """Every session whose socket is open on this node."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._by_id: dict[str, Session] = {}
        self._by_user = _Index()
        self._by_family = _Index()
        self._on_open: list[Listener] = []
        self._on_close: list[Listener] = []

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._by_id.values()))

    def get(self, session_id: str) -> Session | None:
        """The session of that id, if it is connected here."""
        return self._by_id.get(session_id)

    def of_user(self, user_id: str) -> Collection[Session]:
        """The sessions of a user here, oldest first. A view: copy it before you close any."""
        return self._by_user.get(user_id)

    def on_open(self, listener: Listener) -> None:
        """Call `listener(session)` for each new session, before its first message is handled."""
        self._on_open.append(listener)

    def on_close(self, listener: Listener) -> None:
        """Call `listener(session)` for each session that has ended, for whatever reason, once."""
        self._on_close.append(listener)

    def add(self, session: Session) -> None:
        """A socket has opened."""
        self._by_id[session.id] = session
        self._by_user.add(session.user_id, session)
        self._by_family.add(session.family, session)
        for listener in self._on_open:
            self._tell(listener, session)

    def remove(self, session: Session) -> None:
        """A session has ended; harmless when said twice."""
        if self._by_id.pop(session.id, None) is None:
            return
        self._by_user.remove(session.user_id, session)
        self._by_family.remove(session.family, session)
        for listener in (*session.ended(), *self._on_close):
            self._tell(listener, session)

    def remove_soon(self, session: Session) -> None:
        """Remove a session in the loop's next turn, when nobody is going through sessions."""
        asyncio.get_running_loop().call_soon(self.remove, session)

    def disconnect(
        self,
        *,
        session_id: str | None = None,
        user_id: str | None = None,
        reason: str = DISCONNECTED,
    ) -> int:
        """Close one session, or all of a user; how many there were."""
        if session_id is not None:
            session = self._by_id.get(session_id)
            found = [] if session is None else [session]
        else:
            found = list(self.of_user(user_id or ""))
        for session in found:
            session.close(reason)
        return len(found)

    def revoked(self, revoked: Revoked) -> None:
        """Close the sessions whose tokens have been called back."""
        if revoked.user_id:
            older = [s for s in self.of_user(revoked.user_id) if s.issued_us < revoked.issued_before_us]
            found = [s for s in older if not revoked.kept or s.family != revoked.kept]
        else:
            found = list(self._by_family.get(revoked.family))
        for session in found:
            session.close()

    def _tell(self, listener: Listener, session: Session) -> None:
        try:
            listener(session)
        except Exception:
            self._log.exception("a listener of sessions failed", session_id=session.id)
