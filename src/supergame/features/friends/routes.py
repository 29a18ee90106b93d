"""Friends over HTTP: players act as themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from supergame.core.errors import BadInput
from supergame.edge import Caller
from supergame.features.friends.service import LIST_LIMIT_MAX, OF_FRIENDS_LIMIT_DEFAULT, Friends
from supergame.protocol.friends import (
    AddFriendsRequest,
    BlockFriendsRequest,
    DeleteFriendsRequest,
    FriendList,
    FriendsOfFriendsList,
    ListFriendsOfFriendsRequest,
    ListFriendsRequest,
)

_read_object = msgspec.json.Decoder(dict[str, Any]).decode


async def add_friends(friends: Friends, caller: Caller, request: AddFriendsRequest) -> None:
    """Invite, or accept."""
    await friends.add(
        caller.user_id,
        request.ids,
        request.usernames,
        metadata=_metadata(request.metadata),
        caller_id=caller.user_id,
    )


async def delete_friends(friends: Friends, caller: Caller, request: DeleteFriendsRequest) -> None:
    """Be nothing to each other any more."""
    await friends.delete(caller.user_id, request.ids, request.usernames)


async def block_friends(friends: Friends, caller: Caller, request: BlockFriendsRequest) -> None:
    """Block."""
    await friends.block(caller.user_id, request.ids, request.usernames)


async def list_friends(friends: Friends, caller: Caller, request: ListFriendsRequest) -> FriendList:
    """One page of the caller's own."""
    limit = LIST_LIMIT_MAX if request.limit is None else request.limit
    return await friends.list(caller.user_id, limit=limit, state=request.state, cursor=request.cursor)


async def list_friends_of_friends(
    friends: Friends, caller: Caller, request: ListFriendsOfFriendsRequest
) -> FriendsOfFriendsList:
    """One page of those whom the caller's friends know."""
    limit = OF_FRIENDS_LIMIT_DEFAULT if request.limit is None else request.limit
    return await friends.of_friends_list(caller.user_id, limit=limit, cursor=request.cursor)


def _metadata(text: str) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        return _read_object(text)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        raise BadInput("Metadata must be a valid JSON object.") from None


ROUTES: Final[Mapping[str, Callable[..., Any]]] = {
    "AddFriends": add_friends,
    "DeleteFriends": delete_friends,
    "BlockFriends": block_friends,
    "ListFriends": list_friends,
    "ListFriendsOfFriends": list_friends_of_friends,
}
