"""The console: what an operator sees and does, over HTTP with the operator's own key.

For now it has no pages, only what the command line's `supergame players` asks for.
"""

from supergame.console.players import Players
from supergame.console.settings import ConsoleSettings

__all__ = ["ConsoleSettings", "Players"]
