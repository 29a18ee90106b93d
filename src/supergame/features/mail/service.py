"""Sending letters: a bounded queue in memory, a few at a time, each tried again until it is taken or given up."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from pathlib import Path
from typing import Final

from supergame.core.clock import TimerHandle
from supergame.core.errors import TooMany, Unavailable
from supergame.core.feature import Ground
from supergame.features.mail import letter
from supergame.features.mail.folder import Folder
from supergame.features.mail.model import MailSettings, Post, Transport, Undeliverable
from supergame.features.mail.smtp import Smtp

RETRY_SECONDS_MIN: Final = 10
"""How long a letter rests after the first failed attempt; four times as long after each further one."""

RETRY_SECONDS_MAX: Final = 900
"""How long it rests at most."""

DRAIN_SECONDS_MAX: Final = 4.0
"""What a stopping node gives to letters that have not been sent."""


class Mail:
    """Letters to players; game code uses it as `services.mail`.

    Letters wait in memory. A node that dies loses those that nobody has taken yet: what matters can be asked for again.
    """

    def __init__(self, ground: Ground) -> None:
        """Raises BadSetting, and BadInput for a sender that is none."""
        settings = ground.config.section(MailSettings)
        self._clock, self._ids, self._log = ground.clock, ground.ids, ground.log
        self._transport = _transport(settings, ground.data)
        self._sender = letter.address(settings.sender, settings.sender_name)
        self._letters_max = settings.letters_waiting_max
        self._connections_max = settings.connections_max
        self._attempts_max = settings.attempts_max
        self._queue: deque[Post] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._resting: dict[Post, TimerHandle] = {}
        self._stopping = False
        metrics = ground.metrics
        self._sent = metrics.counter("supergame_letters", "Letters by what became of them.", "outcome", "sent")
        self._given_up = metrics.counter("supergame_letters", "Letters by what became of them.", "outcome", "given_up")
        metrics.gauge("supergame_letters_waiting", "Letters that have not been sent yet.", lambda: self.waiting)

    @property
    def waiting(self) -> int:
        """Letters that have been accepted and neither sent nor given up."""
        return len(self._queue) + len(self._under_way) + len(self._resting)

    async def send(self, to: str, subject: str, text: str, html: str | None = None) -> None:
        """Accept a letter to one address; it is sent as soon as that works. What becomes of it the log tells.

        The address itself is in the log only at the level `debug`.

        Raises BadInput for an address that is none, a subject of more than one line, or more than LETTER_BYTES_MAX;
        TooMany while `mail.letters_waiting_max` letters wait; Unavailable when the node stops.
        """
        if self._stopping:
            raise Unavailable("The server is stopping.")
        if self.waiting >= self._letters_max:
            raise TooMany("Too many letters are waiting; try again later.", retry_seconds=RETRY_SECONDS_MIN)
        address, id_, now_us = letter.address(to), self._ids.uuid(), self._clock.now_us()
        message = letter.compose(self._sender, address, subject, text, html, letter_id=id_, made_us=now_us)
        self._queue.append(Post(id_, address.addr_spec, message, now_us))
        self._log.debug("a letter was accepted", letter=id_, to=address.addr_spec)
        self._pump()

    async def settle(self) -> None:
        """Wait until each letter has been tried; those that failed rest until it is their turn again."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def stop(self) -> None:
        """Try what is left once more, for DRAIN_SECONDS_MAX at most; what nobody takes by then is lost, and logged."""
        self._stopping = True
        for post, timer in self._resting.items():
            timer.cancel()
            self._queue.append(post)
        self._resting.clear()
        self._pump()
        try:
            async with asyncio.timeout(DRAIN_SECONDS_MAX):
                await self.settle()
        except TimeoutError:
            self._log.error("letters are lost, they could not be sent before the node stopped", count=self.waiting)
            self._queue.clear()
            for task in self._under_way:
                task.cancel()
            await self.settle()

    def _pump(self) -> None:
        while self._queue and len(self._under_way) < self._connections_max:
            task = asyncio.ensure_future(self._deliver(self._queue.popleft()))
            self._under_way.add(task)
            task.add_done_callback(self._delivered)

    def _delivered(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._pump()

    async def _deliver(self, post: Post) -> None:
        try:
            await self._transport.deliver(post)
        except Undeliverable as error:
            self._give_up(post, error)
        except Exception as error:
            self._rest(post, error)
        else:
            self._sent.value += 1
            self._log.info("a letter was sent", letter=post.id, domain=post.domain)

    def _rest(self, post: Post, error: Exception) -> None:
        post.failures += 1
        if post.failures >= self._attempts_max or self._stopping:
            self._give_up(post, error)
            return
        seconds = min(RETRY_SECONDS_MAX, RETRY_SECONDS_MIN * 4 ** (post.failures - 1))
        self._log.warning(
            "a letter could not be sent, and is tried again",
            letter=post.id,
            domain=post.domain,
            error=_described(error, post),
            retry_seconds=seconds,
        )
        self._resting[post] = self._clock.call_later(seconds, self._again, post)

    def _again(self, post: Post) -> None:
        del self._resting[post]
        self._queue.append(post)
        self._pump()

    def _give_up(self, post: Post, error: Exception) -> None:
        self._given_up.value += 1
        self._log.error("a letter was given up", letter=post.id, domain=post.domain, error=_described(error, post))


def _transport(settings: MailSettings, data: Path) -> Transport:
    if settings.transport == "smtp":
        return Smtp(settings)
    return Folder(Path(settings.folder) if settings.folder else data / "mail")


def _described(error: Exception, post: Post) -> str:
    """What went wrong, without the player's address, which servers like to repeat."""
    return re.sub(re.escape(post.to), "<the recipient>", f"{type(error).__name__}: {error}", flags=re.IGNORECASE)
