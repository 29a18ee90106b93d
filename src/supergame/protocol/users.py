"""Users: what players may see of each other."""

from __future__ import annotations

from supergame.protocol.operation import Binding, Event, Operation, Realtime
from supergame.protocol.types import Int32, Message, Timestamp


class User(Message):
    """A player as others see them; `metadata` is JSON in text, `edge_count` the number of friends."""

    id: str = ""
    username: str = ""
    display_name: str = ""
    avatar_url: str = ""
    lang_tag: str = ""
    location: str = ""
    timezone: str = ""
    metadata: str = ""
    facebook_id: str = ""
    google_id: str = ""
    gamecenter_id: str = ""
    steam_id: str = ""
    online: bool = False
    edge_count: Int32 = 0
    create_time: Timestamp | None = None
    update_time: Timestamp | None = None
    facebook_instant_game_id: str = ""
    apple_id: str = ""


class Users(Message):
    """The users that were found, in no particular order."""

    users: list[User] = []


class GetUsersRequest(Message):
    """The users to look up, by any of three names; those that do not exist are left out of the answer."""

    ids: list[str] = []
    usernames: list[str] = []
    facebook_ids: list[str] = []


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="GetUsers",
        bindings=(Binding("GET", "/v2/user"),),
        request=GetUsersRequest,
        response=Users,
        summary="Look up users by id or username.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[Event, ...] = ()
