"""What a game's author imports.

```python
from supergame.game import Context, Game, Match

game = Game("mygame")


@game.rpc
async def hello(ctx: Context, name: str) -> str:
    return f"Hello {name}"
```

A `Game` collects functions, hooks, match classes, jobs, routes and tables as plain values; nothing happens
until a node is started with it.
"""

from supergame.core.errors import (
    Aborted,
    BadInput,
    Conflict,
    DeadlineExceeded,
    Disabled,
    Internal,
    NotConfigured,
    NotFound,
    Refused,
    SupergameError,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)
from supergame.edge import Request, Response
from supergame.features.accounts import AccountDeleted, AccountMerged
from supergame.features.events import ReportedEvent
from supergame.features.matches import MatchMessage
from supergame.features.matchmaker import MatchedTicket
from supergame.features.presence import Presence, Stream
from supergame.features.storage import Deletion, ObjectId, Write
from supergame.game.context import Context
from supergame.game.game import BadGame, Game, Match
from supergame.game.services import Services
from supergame.store import Query, load_queries

__all__ = [
    "Aborted",
    "AccountDeleted",
    "AccountMerged",
    "BadGame",
    "BadInput",
    "Conflict",
    "Context",
    "DeadlineExceeded",
    "Deletion",
    "Disabled",
    "Game",
    "Internal",
    "Match",
    "MatchMessage",
    "MatchedTicket",
    "NotConfigured",
    "NotFound",
    "ObjectId",
    "Presence",
    "Query",
    "Refused",
    "ReportedEvent",
    "Request",
    "Response",
    "Services",
    "Stream",
    "SupergameError",
    "TooMany",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
    "Write",
    "load_queries",
]
