"""`supergame bots`: a crowd of players against any server that speaks the protocol."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from supergame.cli.output import err, fail, out

if TYPE_CHECKING:
    from rich.table import Table

    from supergame.cli.crowd import Crowd


def bots(
    players: Annotated[int, typer.Option("--players", min=1, max=20_000, help="How many players.")] = 20,
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="How long they play.")] = 30.0,
    host: Annotated[str, typer.Option("--host", help="The server's address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The server's port.")] = 7350,
    server_key: Annotated[str, typer.Option("--server-key", help="The server key.")] = "defaultkey",
    tls: Annotated[bool, typer.Option("--tls", help="Connect by https and wss.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same choices.")] = 0,
) -> None:
    """Let players log in, save, chat, be matched and play, and measure it.

    Prints a live table, and at the end throughput, latencies and errors. Exits with 1 if anything failed.
    """
    from supergame.client import ClientError

    try:
        failed = asyncio.run(_run(players, seconds, host, port, server_key, tls, seed))
    except ClientError as error:
        fail(error.message)
    if failed:
        raise typer.Exit(1)


async def _run(players: int, seconds: float, host: str, port: int, server_key: str, tls: bool, seed: int) -> int:
    from rich.live import Live

    from supergame.cli.crowd import ERRORS_SHOWN, Crowd
    from supergame.client import Client

    loop = asyncio.get_running_loop()
    async with Client(host, port, server_key=server_key, tls=tls) as client:
        await client.healthcheck()
        crowd = Crowd(client, players, run=secrets.token_hex(4), seed=seed)
        began = loop.time()
        playing = asyncio.ensure_future(crowd.run(seconds))
        with Live(console=err(), refresh_per_second=4, transient=True) as live:
            while not playing.done():
                live.update(_table(crowd, loop.time() - began))
                await asyncio.wait([playing], timeout=0.25)
        await playing
    out().print(_table(crowd, loop.time() - began))
    for reason, count in crowd.reasons.most_common(ERRORS_SHOWN):
        out().print(f"{count} x {reason}", highlight=False, markup=False)
    return sum(crowd.reasons.values())


def _table(crowd: Crowd, elapsed: float) -> Table:
    from rich.table import Table

    title = f"{elapsed:.0f} s, {crowd.online} online, {crowd.playing} playing"
    table = Table("step", title=title, title_justify="left")
    for column in ("done", "per second", "p50 ms", "p95 ms", "p99 ms", "errors"):
        table.add_column(column, justify="right")
    for name, step in crowd.steps.items():
        latencies = [f"{step.percentile(share) * 1000:.1f}" for share in (0.5, 0.95, 0.99)]
        rate = step.count / elapsed if elapsed else 0.0
        table.add_row(name, f"{step.count:,}", f"{rate:,.0f}", *latencies, str(step.errors) if step.errors else "")
    return table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(bots)
