"""What connected players notice of what happens to their accounts."""

from __future__ import annotations

import pytest

from supergame import testing
from supergame.client import ConnectionLost
from supergame.protocol.notifications import NotificationCode, Notifications


async def test_who_is_banned_is_told_so_before_the_socket_closes() -> None:
    async with testing.node() as node:
        ann = await node.player("ann")
        assert await node.services.accounts.ban(ann.user_id) == 1
        (told,) = (await ann.socket.next(Notifications)).notifications
        assert (told.code, told.subject, told.content) == (NotificationCode.USER_BANNED, "banned", "{}")
        await ann.socket.closed.wait()


async def test_who_is_only_logged_out_or_deleted_is_not() -> None:
    async with testing.node() as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        await node.services.accounts.session_logout(ann.user_id)
        await node.services.accounts.delete(bob.user_id)
        for player in (ann, bob):
            await player.socket.closed.wait()
            with pytest.raises(ConnectionLost):
                await player.socket.next(Notifications)
