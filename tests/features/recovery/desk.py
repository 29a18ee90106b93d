"""Players who lose their passwords: a whole node, a folder for its letters, and codes as an app shows them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pyotp
from tests.features.mail.office import letters

from supergame import testing
from supergame.client import Client, Session
from supergame.features.accounts import Accounts
from supergame.features.recovery import Recovery
from supergame.game import Game
from supergame.protocol.catalogue import OPERATIONS
from supergame.store import Database

EMAIL, PASSWORD = "ann@example.com", "open sesame"
QUICK = {"accounts.password_memory_kib": 8, "accounts.password_rounds": 1}

_token = re.compile(r"^    ([\w-]{32})$", re.MULTILINE)


class Desk:
    """A running node as these tests use it."""

    def __init__(self, node: testing.RunningNode, folder: Path) -> None:
        self.node, self.folder, self.clock = node, folder, node.clock
        self.accounts: Accounts = node.services.accounts
        self.recovery: Recovery = node.services.recovery
        self.client: Client = node.client()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, database: Database, folder: Path, game: Game | None = None, **settings: Any
    ) -> AsyncIterator[Desk]:
        """`recovery__key="..."` stands for the setting `recovery.key`."""
        chosen = {name.replace("__", "."): value for name, value in settings.items()}
        options = {**QUICK, "mail.folder": str(folder), **chosen}
        async with testing.node(game, database=database, settings=options) as node:
            yield cls(node, folder)

    async def ann(self) -> Session:
        """Ann's account, with an address and a password, and a session."""
        return await self.client.authenticate_email(EMAIL, PASSWORD, username="ann")

    async def call(self, name: str, session: Session | None = None, **fields: Any) -> Any:
        """An operation over HTTP."""
        operation = OPERATIONS[name]
        return await self.client.call(name, operation.request(**fields), operation.response, session)

    async def log_in(self, password: str = PASSWORD, code: str = "") -> Session:
        """Ann logs in, as a client does that knows nothing of second factors but its vars."""
        return await self.client.authenticate_email(EMAIL, password, vars={"totp": code} if code else {})

    async def letters(self) -> list[EmailMessage]:
        """Every letter so far, oldest first."""
        await self.recovery.settle()
        await self.node.services.mail.settle()
        return letters(self.folder)

    async def token(self) -> str:
        """The token in the latest letter."""
        found = _token.search((await self.letters())[-1].get_content())
        assert found is not None
        return found[1]

    async def enrolled(self, session: Session) -> tuple[pyotp.TOTP, list[str]]:
        """Ann sets up a second factor: her app, and her recovery codes. The next code is a fresh one."""
        app = pyotp.TOTP((await self.call("EnrolTotp", session)).secret)
        codes = (await self.call("ConfirmTotp", session, code=self.shown(app))).codes
        await self.clock.advance(30)
        return app, codes

    def shown(self, app: pyotp.TOTP, steps: int = 0) -> str:
        """What an app shows now, or showed some steps ago."""
        return app.generate_otp(self.clock.now_seconds() // 30 + steps)
