"""Everything the server offers to game code, each service by its name and type."""

from __future__ import annotations

from dataclasses import dataclass

from supergame.bus import Bus
from supergame.core.clock import Clock
from supergame.core.config import Config
from supergame.core.ids import Ids
from supergame.core.telemetry import Metrics
from supergame.edge import Sessions
from supergame.features.accounts import Accounts
from supergame.features.chat import Chat
from supergame.features.events import CustomEvents
from supergame.features.friends import Friends
from supergame.features.groups import Groups
from supergame.features.identity import Identity
from supergame.features.jobs import Jobs
from supergame.features.leaderboards import Leaderboards
from supergame.features.mail import Mail
from supergame.features.matches import Matches
from supergame.features.matchmaker import Matchmaker
from supergame.features.notifications import Notifications
from supergame.features.parties import Parties
from supergame.features.presence import Streams
from supergame.features.recovery import Recovery
from supergame.features.rpc import Rpcs
from supergame.features.status import Status
from supergame.features.storage import Storage
from supergame.store import Database


@dataclass(frozen=True, kw_only=True)
class Services:
    """What game code calls: `ctx.services.storage`, `self.services.leaderboards`, and so on.

    Game code acts as the system: the permissions that bind players do not bind it.
    """

    accounts: Accounts
    chat: Chat
    events: CustomEvents
    friends: Friends
    groups: Groups
    identity: Identity
    jobs: Jobs
    leaderboards: Leaderboards
    mail: Mail
    matches: Matches
    matchmaker: Matchmaker
    notifications: Notifications
    parties: Parties
    presence: Streams
    recovery: Recovery
    rpc: Rpcs
    status: Status
    storage: Storage
    bus: Bus
    clock: Clock
    config: Config
    database: Database
    ids: Ids
    metrics: Metrics
    sessions: Sessions
