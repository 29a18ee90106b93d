"""`supergame serve`, `dev` and `demo`: run a node."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from supergame.cli.output import err, fail, warn
from supergame.cli.settings import ConfigOption, DatabaseOption, DataOption, SetOption, load_settings
from supergame.core.config import Config
from supergame.core.errors import SupergameError

if TYPE_CHECKING:
    from supergame.app import Node
    from supergame.game import Game

SWITCH_SECONDS = 0.001
"""How long a thread waits for the loop's thread to let it have a turn: the database's thread is in a hurry."""
GARBAGE_THRESHOLDS = (50_000, 50, 100)
"""Collections are rarer than Python's default, since nearly everything here is freed by its reference count."""

INTERRUPTED = 130
"""The exit code of who is interrupted while stopping, as shells have it."""

GameArgument = Annotated[Path | None, typer.Argument(help="The game's Python file; without one, the bare server.")]
PortOption = Annotated[int | None, typer.Option("--port", help="Port for HTTP and sockets.")]
HostOption = Annotated[str | None, typer.Option("--host", help="Address to listen on.")]

Beside = Callable[["Node"], Coroutine[Any, Any, None]]
"""Something that runs beside a node until it stops."""


def serve(
    game: GameArgument = None,
    port: PortOption = None,
    host: HostOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    production: Annotated[
        bool, typer.Option("--production", help="Refuse what is fit for development only, such as published keys.")
    ] = False,
) -> None:
    """Run one node, with a game or without."""
    loaded = load_settings(
        config, settings, edge__port=port, edge__host=host, node__data=data, store__database=database
    )
    _check_keys(loaded, production=production)
    if production:
        _check_production(loaded)
    run(loaded, game)


def dev(
    game: Annotated[Path, typer.Argument(help="The game's Python file.")],
    port: PortOption = None,
    host: HostOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
) -> None:
    """Run a game, and reload its code whenever a file beside it changes.

    Sockets stay open and running matches keep their state. Code that does not import, or no longer fits a
    running match, leaves the old code running and says why.
    """
    loaded = load_settings(config, settings, edge__port=port, edge__host=host or "127.0.0.1", node__data=data)

    async def reload(node: Node) -> None:
        from supergame.game.reload import Reloader

        warn(f"{game.resolve().parent} is watched; what you save there is in the game a moment later.")
        await Reloader(game, node.runtime, node.log).run()

    run(loaded, game, reload)


def demo(
    port: PortOption = None,
    host: HostOption = None,
    data: DataOption = None,
    bots: Annotated[int, typer.Option("--bots", min=0, max=50, help="How many bots play along.")] = 3,
) -> None:
    """Run the example game with a few bots: open the address it prints, and play."""
    game = find_example("rush")
    loaded = load_settings(
        None,
        None,
        edge__port=port,
        edge__host=host or "127.0.0.1",
        node__data=data,
        matchmaker__interval_seconds=1.0,
        node__log_level="warning",
    )

    async def play(node: Node) -> None:
        from supergame.game.loading import load_module

        _welcome(game, node, bots)
        await load_module(game.parent, "bots").run("127.0.0.1", node.port, bots)

    run(loaded, game, play)


def _welcome(game: Path, node: Node, bots: int) -> None:
    url = f"http://127.0.0.1:{node.port}"
    data = Path(node.config.section(_node_settings()).data).resolve()
    for line in (
        "",
        "  [bold magenta]Rush[/], a platform race whose server is written in Python",
        "",
        f"  [bold]Play[/]     [link={url}]{url}[/link]",
        "           open it twice, in two windows, and race yourself",
        f"  [bold]Bots[/]     {bots} are looking for a race, and for you",
        f"  [bold]Data[/]     {data}",
        f"  [bold]Change[/]   {game}",
        "           [bold]supergame dev[/] with that file shows your changes while you play",
        "  [bold]Stop[/]     Ctrl+C",
        "",
    ):
        err().print(line, highlight=False, soft_wrap=True)


def find_example(name: str) -> Path:
    """The file of an example game. They lie in the repository, beside `src`."""
    file = Path(__file__).resolve().parents[3] / "examples" / name / "game.py"
    if not file.is_file():
        fail(f"The example game is not here ({file}). It comes with the repository; run this from a clone of it.")
    return file


def _node_settings() -> Any:
    from supergame.app import NodeSettings

    return NodeSettings


def _check_keys(config: Config, *, production: bool) -> None:
    from supergame.cli.keys import published

    names = published(config)
    if not names:
        return
    if production:
        fail(f"{' and '.join(names)} still have their published defaults. Set them before you go into production.")
    warn(f"{' and '.join(names)} have their published defaults, which is for development only (see --production).")


def _check_production(config: Config) -> None:
    from supergame.cli.keys import KEY_CHARACTERS_MIN, short
    from supergame.features.mail import MailSettings

    names = short(config)
    if names:
        fail(f"{' and '.join(names)} have fewer than {KEY_CHARACTERS_MIN} characters, which somebody may guess.")
    if config.section(MailSettings).transport == "folder":
        warn("Letters to players go into a folder, where nobody gets them; set mail.transport to smtp.")


def run(config: Config, game: Path | None, beside: Beside | None = None) -> None:
    """Run a node until it is told to stop; raises a SupergameError when it cannot start."""
    from supergame.core import log

    settings = config.section(_node_settings())
    log.configure(level=settings.log_level, form=settings.log_form)
    sys.setswitchinterval(SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(config, game, beside))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # no wheel for this platform; asyncio's own loop does the same, slower
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _run(config: Config, game: Path | None, beside: Beside | None) -> None:
    from supergame.app import Node
    from supergame.cli.keys import with_own_keys
    from supergame.core.ids import RandomIds

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def told(number: int) -> None:
        if stop.is_set() and number == signal.SIGINT:
            os._exit(INTERRUPTED)  # a second Ctrl+C: what was answered is on the disk, the rest is not waited for
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, told, number)
        except NotImplementedError:  # Windows has no such handlers on its loop
            signal.signal(number, lambda number, _: loop.call_soon_threadsafe(told, number))
    loaded = None if game is None else _load(game)
    config = with_own_keys(config, Path(config.section(_node_settings()).data), RandomIds())
    node = await Node.open(config)
    await node.start(loaded)
    try:
        gc.freeze()
        gc.set_threshold(*GARBAGE_THRESHOLDS)
        name = loaded.name if loaded else None
        node.log.info("ready", port=node.port, grpc_port=node.edge.grpc_port or None, game=name)
        await _until(stop, node, beside)
        node.log.info("stopping")
    finally:
        await node.stop()


def _load(file: Path) -> Game:
    """The game of a file; when its code raises, its author is told what and where."""
    from supergame.game.loading import load_game, where

    try:
        return load_game(file)
    except SupergameError:
        raise
    except (Exception, SystemExit) as error:
        fail(f"{file} cannot be imported: {where(error, file)}")


async def _until(stop: asyncio.Event, node: Node, beside: Beside | None) -> None:
    """Wait for the signal to stop; what runs beside the node ends with it, and is logged when it fails."""
    task = None if beside is None else asyncio.ensure_future(beside(node))
    if task is not None:
        task.add_done_callback(lambda done: _report(done, node))
    await stop.wait()
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _report(task: asyncio.Task[None], node: Node) -> None:
    if not task.cancelled() and task.exception() is not None:
        node.log.error("what ran beside the node has failed", exc_info=task.exception())


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(dev)
    app.command()(demo)
