"""Live reload: watches a game's folder and puts changed code into the running node."""

from __future__ import annotations

import time
import traceback
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

from supergame.core.errors import SupergameError
from supergame.core.log import Log
from supergame.game.loading import load_game, modules_of, renew_instances
from supergame.game.runtime import Runtime

DEBOUNCE_MS = 100  # an editor writes a file in several steps


class _Code(DefaultFilter):
    def __call__(self, change: Change, path: str) -> bool:
        return path.endswith(".py") and super().__call__(change, path)


class Reloader:
    """Reloads one game's file, and the modules beside it, into one runtime."""

    def __init__(self, file: Path, runtime: Runtime, log: Log) -> None:
        self._file, self._runtime, self._log = file.resolve(), runtime, log

    async def run(self) -> None:
        """Reload whenever a Python file in the game's folder changes, until cancelled."""
        async for _ in awatch(self._file.parent, watch_filter=_Code(), debounce=DEBOUNCE_MS, step=20):
            await self.reload()

    async def reload(self) -> bool:
        """Import everything anew and swap; when anything does not fit, say why and keep the old code running."""
        started = time.perf_counter()
        folder = self._file.parent
        old = modules_of(folder)
        try:
            game = load_game(self._file)
            apply = await self._runtime.prepare(game)
            apply()
        except SupergameError as error:
            self._refuse(error.message)
            return False
        except Exception as error:
            self._refuse("".join(traceback.format_exception(error, limit=-3)).rstrip())
            return False
        renewed = renew_instances(old, modules_of(folder))
        self._log.info(
            "reloaded",
            game=game.name,
            objects_renewed=renewed,
            milliseconds=round((time.perf_counter() - started) * 1000),
        )
        return True

    def _refuse(self, reason: str) -> None:
        self._log.error("not reloaded, the old code goes on", reason=reason)
