"""The game that is measured: one rpc that gives back what it was given."""

from __future__ import annotations

from supergame.game import Context, Game

game = Game("bench")


@game.rpc
def echo(ctx: Context, payload: str) -> str:
    return payload
