"""Friends: the edges between players, from an invite to a block."""

from __future__ import annotations

from enum import IntEnum

from supergame.protocol.identity import AccountFacebook, AccountSteam
from supergame.protocol.operation import Binding, Event, Operation, Realtime
from supergame.protocol.types import Empty, Int32, Message, Timestamp
from supergame.protocol.users import User


class FriendState(IntEnum):
    """What another player is to one; the wire calls it `Friend.State`."""

    FRIEND = 0
    INVITE_SENT = 1
    INVITE_RECEIVED = 2
    BLOCKED = 3


class Friend(Message):
    """Another player and what they are to one; `metadata` is one's own note about them, a JSON object in text."""

    user: User | None = None
    state: Int32 | None = None
    update_time: Timestamp | None = None
    metadata: str = ""


class FriendList(Message):
    """One page of friends, invites and blocks; the cursor leads to the next, and is empty at the end."""

    friends: list[Friend] = []
    cursor: str = ""


class FriendOfFriend(Message):
    """Somebody whom a friend knows; `referrer` is the id of that friend."""

    referrer: str = ""
    user: User | None = None


class FriendsOfFriendsList(Message):
    """One page of friends' friends; the cursor leads to the next, and is empty at the end."""

    friends_of_friends: list[FriendOfFriend] = []
    cursor: str = ""


class AddFriendsRequest(Message):
    """The users to invite, or whose invites to accept; `metadata` is a note about them, a JSON object in text."""

    ids: list[str] = []
    usernames: list[str] = []
    metadata: str = ""


class DeleteFriendsRequest(Message):
    """The users who are to be nothing to the player any more."""

    ids: list[str] = []
    usernames: list[str] = []


class BlockFriendsRequest(Message):
    """The users to block."""

    ids: list[str] = []
    usernames: list[str] = []


class ListFriendsRequest(Message):
    """A page of the player's friends, invites and blocks, or of one `state` of them; `limit` 1 to 1,000."""

    limit: Int32 | None = None
    state: Int32 | None = None
    cursor: str = ""


class ListFriendsOfFriendsRequest(Message):
    """A page of those whom the player's friends know; `limit` 1 to 100."""

    limit: Int32 | None = None
    cursor: str = ""


class ImportFacebookFriendsRequest(Message):
    """A Facebook account whose friends are to be friends here; with `reset` nobody else stays one."""

    account: AccountFacebook | None = None
    reset: bool | None = None


class ImportSteamFriendsRequest(Message):
    """A Steam account whose friends are to be friends here; with `reset` nobody else stays one."""

    account: AccountSteam | None = None
    reset: bool | None = None


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="AddFriends",
        bindings=(Binding("POST", "/v2/friend"),),
        request=AddFriendsRequest,
        response=Empty,
        summary="Invite users to be friends, or accept their invites.",
    ),
    Operation(
        name="DeleteFriends",
        bindings=(Binding("DELETE", "/v2/friend"),),
        request=DeleteFriendsRequest,
        response=Empty,
        summary="End friendships, withdraw or decline invites, and unblock.",
    ),
    Operation(
        name="BlockFriends",
        bindings=(Binding("POST", "/v2/friend/block"),),
        request=BlockFriendsRequest,
        response=Empty,
        summary="Block users, who can neither invite nor write to the player from then on.",
    ),
    Operation(
        name="ListFriends",
        bindings=(Binding("GET", "/v2/friend"),),
        request=ListFriendsRequest,
        response=FriendList,
        summary="List the player's friends, invites and blocks.",
    ),
    Operation(
        name="ListFriendsOfFriends",
        bindings=(Binding("GET", "/v2/friend/friends"),),
        request=ListFriendsOfFriendsRequest,
        response=FriendsOfFriendsList,
        summary="List those whom the player's friends know.",
    ),
    Operation(
        name="ImportFacebookFriends",
        bindings=(Binding("POST", "/v2/friend/facebook", "account"),),
        request=ImportFacebookFriendsRequest,
        response=Empty,
        summary="Make friends of those who are the player's friends on Facebook.",
    ),
    Operation(
        name="ImportSteamFriends",
        bindings=(Binding("POST", "/v2/friend/steam", "account"),),
        request=ImportSteamFriendsRequest,
        response=Empty,
        summary="Make friends of those who are the player's friends on Steam.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[Event, ...] = ()
