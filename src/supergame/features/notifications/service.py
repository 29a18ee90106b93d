"""Sending, keeping and listing notifications."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import msgspec

from supergame.core.errors import BadInput, NotFound
from supergame.core.feature import Ground
from supergame.core.ids import is_uuid
from supergame.edge import Session, fan_out
from supergame.features.accounts import AccountDeleted, AccountMerged, Accounts, archived, check_alive
from supergame.features.notifications.model import Cursor, Draft, Kept, Stored
from supergame.protocol.json import decoder, encode
from supergame.protocol.notifications import Notification, NotificationCode, NotificationList
from supergame.protocol.notifications import Notifications as NotificationsMessage
from supergame.protocol.objects import write_object
from supergame.store import Tx, load_queries

STORED_PER_USER_MAX: Final = 1_000  # of more, the oldest give way
LIST_LIMIT_MAX: Final = 100
IDS_MAX: Final = 1_000  # in one deletion, or one look-up
DRAFTS_MAX: Final = 1_000  # in one call of `send_many`
SUBJECT_BYTES_MAX: Final = 1_024
CONTENT_BYTES_MAX: Final = 65_536
USERS_PER_TRANSACTION: Final = 500  # of those that `send_all` writes to

EVERYBODY: Final = "users"
"""The bus's subject for what all connected users get; `user.<id>` is for one."""

QUERIES = load_queries("supergame.features.notifications")


class _Delivery(msgspec.Struct, array_like=True):
    """What goes over the bus to the other nodes."""

    node: str
    message: msgspec.Raw


class Notifications:
    """Tell players something; game code uses it as `services.notifications`."""

    def __init__(self, ground: Ground, accounts: Accounts) -> None:
        self._ground, self._accounts = ground, accounts
        self._database, self._clock, self._ids = ground.database, ground.clock, ground.ids
        self._sessions = ground.edge.sessions
        self._latest_us = 0
        self._decode = decoder(NotificationsMessage, strict_fields=False)
        self._subscriptions = [
            ground.bus.subscribe("user.*", self._heard),
            ground.bus.subscribe(EVERYBODY, self._heard),
        ]

    async def stop(self) -> None:
        """Hear nothing from other nodes any more."""
        for subscription in self._subscriptions:
            subscription.cancel()

    async def send(
        self,
        user_id: str,
        subject: str,
        content: Mapping[str, Any],
        code: int,
        *,
        sender_id: str = "",
        persistent: bool = True,
        replaces: bool = False,
    ) -> Notification:
        """Tell one player something, now if connected, and until it is deleted if `persistent`.

        `content` becomes a JSON object of up to CONTENT_BYTES_MAX bytes; `code` is above zero, those below are the
        server's (`NotificationCode`); an empty `sender_id` is the system. One that `replaces` takes the place of those
        of the same code and sender that are kept still. Raises BadInput, and NotFound where it is to be kept for a
        player who does not exist, or in the name of one who was deleted.
        """
        draft = Draft(
            user_id=user_id,
            subject=subject,
            content=content,
            code=code,
            sender_id=sender_id,
            persistent=persistent,
            replaces=replaces,
        )
        return (await self.send_many([draft]))[0]

    async def send_many(self, drafts: Sequence[Draft]) -> builtins.list[Notification]:
        """Send up to DRAFTS_MAX notifications; the persistent ones are kept all or none.

        Raises BadInput, and NotFound where one is to be kept for a player who does not exist, or in the name of one
        who was deleted.
        """
        if len(drafts) > DRAFTS_MAX:
            raise BadInput(f"At most {DRAFTS_MAX} notifications can be sent at a time.")
        stored = [self._stored(draft) for draft in drafts]
        await self._keep(
            [
                (draft.user_id, row, draft.replaces)
                for draft, row in zip(drafts, stored, strict=True)
                if draft.persistent
            ]
        )
        sent = [row.to_wire(persistent=draft.persistent) for draft, row in zip(drafts, stored, strict=True)]
        pairs = sorted(zip(drafts, sent, strict=True), key=lambda pair: pair[0].user_id)
        for user_id, group in groupby(pairs, key=lambda pair: pair[0].user_id):
            message = NotificationsMessage([notification for _, notification in group])
            self._deliver(f"user.{user_id}", self._sessions.of_user(user_id), message)
        return sent

    async def send_all(
        self,
        subject: str,
        content: Mapping[str, Any],
        code: int,
        *,
        sender_id: str = "",
        persistent: bool = True,
    ) -> Notification:
        """Tell every player something: all accounts if `persistent`, else those that are connected.

        It has one id for all. Accounts are written to in batches of USERS_PER_TRANSACTION, so an error may leave it
        kept for some; sessions hear of it when it is kept for all. Raises BadInput.
        """
        row = self._stored(
            Draft(user_id="", subject=subject, content=content, code=code, sender_id=sender_id), everybody=True
        )
        if persistent:
            async for user_ids in self._accounts.ids(batch=USERS_PER_TRANSACTION):
                await self._keep([(user_id, row, False) for user_id in user_ids], all_or_none=False)
        notification = row.to_wire(persistent=persistent)
        self._deliver(EVERYBODY, self._sessions, NotificationsMessage([notification]))
        return notification

    async def list(self, user_id: str, *, limit: int = LIST_LIMIT_MAX, cursor: str = "") -> NotificationList:
        """What is kept for a player, oldest first; the answer's cursor goes on where this page ended.

        Raises BadInput for a limit outside 1 to LIST_LIMIT_MAX or a cursor that is none.
        """
        if not 1 <= limit <= LIST_LIMIT_MAX:
            raise BadInput(f"Invalid limit - limit must be between 1 and {LIST_LIMIT_MAX}.")
        place = Cursor.parse(cursor)
        rows = await self._database.all(
            QUERIES.page, Stored, user_id=user_id, created_us=place.created_us, id=place.id, limit=limit
        )
        if rows:
            place = Cursor(rows[-1].created_us, rows[-1].id)
        return NotificationList([row.to_wire() for row in rows], place.text())

    async def get(self, user_id: str, ids: Iterable[str]) -> builtins.list[Notification]:
        """Those of a player's notifications that have these ids, oldest first. Raises BadInput."""
        rows = await self._database.all(QUERIES.find, Stored, user_id=user_id, ids=_checked(ids))
        return [row.to_wire() for row in rows]

    async def update(
        self,
        user_id: str,
        notification_id: str,
        *,
        subject: str | None = None,
        content: Mapping[str, Any] | None = None,
        code: int | None = None,
    ) -> None:
        """Correct one that is kept; what is None stays. Nobody is told. Raises NotFound, BadInput."""
        if code is not None:
            _check_code(code)
        changed = await self._database.run(
            QUERIES.change,
            user_id=user_id,
            id=notification_id,
            subject=None if subject is None else _subject(subject),
            content=None if content is None else _content(content),
            code=code,
        )
        if not changed:
            raise NotFound("Notification not found.")

    async def delete(self, user_id: str, ids: Iterable[str]) -> int:
        """Delete some of a player's notifications; gives how many there were. Raises BadInput."""
        ids = _checked(ids)
        if not ids:
            return 0
        removed: int = await self._database.run(QUERIES.remove, user_id=user_id, ids=ids)
        return removed

    async def forget(self, tx: Tx, event: AccountDeleted) -> None:
        """An account is being deleted: what it was sent goes, and its name from what it has sent."""
        for query in (QUERIES.forget, QUERIES.forget_requests, QUERIES.forget_sender):
            await tx.run(query, user_id=event.user_id)

    async def absorb(self, tx: Tx, event: AccountMerged) -> None:
        """Two accounts become one: it has been sent what both were, of which the newest are kept as ever.

        What game code sent in the other's name is now the one's. Requests of the other, which name it, go, and so
        do those from one to the other.
        """
        for query in (QUERIES.move_received, QUERIES.move_sent):
            await tx.run(query, from_id=event.from_id, into_id=event.into_id)
        await tx.run(QUERIES.drop_oldest, user_id=event.into_id, kept=STORED_PER_USER_MAX)

    async def export(self, tx: Tx, user_id: str) -> dict[str, Any]:
        """What is kept for a player, and what was sent in their name, for their archive."""
        return {
            name: [archived(row, json=("content",)) for row in await tx.all(query, Kept, user_id=user_id)]
            for name, query in (("received", QUERIES.read_received), ("sent", QUERIES.read_sent))
        }

    def _stored(self, draft: Draft, *, everybody: bool = False) -> Stored:
        if not everybody and not is_uuid(draft.user_id):
            raise BadInput("Invalid user identifier")
        if draft.sender_id and not is_uuid(draft.sender_id):
            raise BadInput("Invalid sender identifier")
        _check_code(draft.code)
        self._latest_us = max(self._clock.now_us(), self._latest_us + 1)  # no two are equal: the list has an order
        return Stored(
            self._ids.uuid(),
            _subject(draft.subject),
            _content(draft.content),
            int(draft.code),
            draft.sender_id,
            self._latest_us,
        )

    async def _keep(self, rows: Sequence[tuple[str, Stored, bool]], *, all_or_none: bool = True) -> None:
        """Store one row for each (user, row, whether it replaces); who has no account is an error, or passed over."""
        if not rows:
            return

        senders = list({row.sender_id for _, row, _ in rows if row.sender_id})

        async def body(tx: Tx) -> None:
            if senders:
                await check_alive(tx, senders)
            for user_id, row, replaces in rows:
                if not await self._accounts.exists(tx, user_id):
                    if all_or_none:
                        raise NotFound("User account not found.")
                    continue
                if replaces:
                    await tx.run(QUERIES.remove_same, user_id=user_id, code=row.code, sender_id=row.sender_id)
                await tx.run(
                    QUERIES.add,
                    user_id=user_id,
                    created_us=row.created_us,
                    id=row.id,
                    subject=row.subject,
                    content=row.content,
                    code=row.code,
                    sender_id=row.sender_id,
                )
            for user_id in {user_id for user_id, _, _ in rows}:
                await tx.run(QUERIES.drop_oldest, user_id=user_id, kept=STORED_PER_USER_MAX)

        await self._database.transact(body)

    def _deliver(self, subject: str, sessions: Iterable[Session], message: NotificationsMessage) -> None:
        """To the sessions here at once, to those elsewhere over the bus."""
        fan_out(sessions, message)
        delivery = _Delivery(self._ground.node, msgspec.Raw(encode(message)))
        self._ground.bus.publish(subject, msgspec.json.encode(delivery))

    def _heard(self, subject: str, data: bytes) -> None:
        delivery = msgspec.json.decode(data, type=_Delivery)
        if delivery.node == self._ground.node:
            return
        sessions = self._sessions if subject == EVERYBODY else self._sessions.of_user(subject.removeprefix("user."))
        fan_out(sessions, self._decode(delivery.message))


def _check_code(code: int) -> None:
    if code <= 0 and not isinstance(code, NotificationCode):
        raise BadInput("A notification's code has to be above zero; the others are the server's own.")


def _subject(subject: str) -> str:
    if not subject or len(subject.encode()) > SUBJECT_BYTES_MAX:
        raise BadInput(f"A notification's subject has 1 to {SUBJECT_BYTES_MAX} bytes.")
    return subject


def _content(content: Mapping[str, Any]) -> str:
    unfit = "A notification's content has to be a JSON object"
    too_long = f"A notification's content may have {CONTENT_BYTES_MAX} bytes."
    return write_object(content, CONTENT_BYTES_MAX, unfit=unfit, too_long=too_long)


def _checked(ids: Iterable[str]) -> list[str]:
    ids = list(dict.fromkeys(ids))
    if len(ids) > IDS_MAX:
        raise BadInput(f"At most {IDS_MAX} ids at a time.")
    if not all(map(is_uuid, ids)):
        raise BadInput("Invalid notification identifier")
    return ids
