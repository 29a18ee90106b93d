"""Live reload: watches a game's folder and puts changed code into the running node."""

from __future__ import annotations

import time
import traceback
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

from supergame.core.errors import SupergameError
from supergame.core.log import Log
from supergame.game.loading import files_of_games, importing, renew_instances
from supergame.game.runtime import Runtime

CODE = (".py", ".sql")
"""Files that are code: their change reloads the game."""
DEBOUNCE_MS = 100  # an editor writes a file in several steps
LOOK_MS = 1000  # so often the imported files are looked at anyway, for changes that nobody was told of
FRAMES_SHOWN = 3  # of the traceback of code that does not import


class _Code(DefaultFilter):
    def __call__(self, change: Change, path: str) -> bool:
        return path.endswith(CODE) and super().__call__(change, path)


class Reloader:
    """Reloads one game's file, and the modules beside it, into one runtime."""

    def __init__(self, file: Path, runtime: Runtime, log: Log) -> None:
        self._file, self._runtime, self._log = file.resolve(), runtime, log
        self._seen = self._look()

    async def run(self) -> None:
        """Reload whenever code in the game's folder changes, until cancelled.

        What was changed before this began, but after the reloader was made, counts too.
        """
        async for changes in awatch(
            self._file.parent,
            watch_filter=_Code(),
            debounce=DEBOUNCE_MS,
            step=20,
            rust_timeout=LOOK_MS,
            yield_on_timeout=True,
        ):
            seen = self._look()
            if changes or seen != self._seen:
                await self.reload()
                self._seen = {**self._look(), **seen}  # what changed meanwhile is still to be seen

    def _look(self) -> dict[Path, tuple[int, int]]:
        """The time (nanoseconds) and size of each file that was imported."""
        found = {}
        for path in (self._file, *files_of_games()):
            try:
                status = path.stat()
            except OSError:
                continue  # an editor is just replacing it
            found[path] = (status.st_mtime_ns, status.st_size)
        return found

    async def reload(self) -> bool:
        """Import everything anew and swap; when anything does not fit, say why and keep the old code running."""
        started = time.perf_counter()
        try:
            with importing(self._file) as code:
                apply = await self._runtime.prepare(code.game)
                apply()
        except SupergameError as error:
            self._refuse(error.message)
            return False
        except SyntaxError as error:
            self._refuse("".join(traceback.format_exception_only(error)).rstrip())
            return False
        except (Exception, SystemExit) as error:
            self._refuse("".join(traceback.format_exception(error, limit=-FRAMES_SHOWN)).rstrip())
            return False
        self._log.info(
            "reloaded",
            game=code.game.name,
            objects_renewed=renew_instances(code),
            milliseconds=round((time.perf_counter() - started) * 1000),
        )
        return True

    def _refuse(self, reason: str) -> None:
        self._log.error("not reloaded, the old code goes on", reason=reason)
