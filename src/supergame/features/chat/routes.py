"""A channel's history over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from supergame.edge import Caller
from supergame.features.chat.service import Chat
from supergame.protocol.chat import ChannelMessageList, ListChannelMessagesRequest

LIMIT_DEFAULT: Final = 1
"""The protocol's default page."""


async def list_messages(chat: Chat, caller: Caller, request: ListChannelMessagesRequest) -> ChannelMessageList:
    """One page: a room's for everybody, direct messages for the two they belong to."""
    return await chat.messages_list(
        request.channel_id,
        limit=LIMIT_DEFAULT if request.limit is None else request.limit,
        forward=request.forward is not False,
        cursor=request.cursor,
        caller_id=caller.user_id,
    )


ROUTES: Final[Mapping[str, Callable[..., Any]]] = {"ListChannelMessages": list_messages}
