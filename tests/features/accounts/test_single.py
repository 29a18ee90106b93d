"""Players who may have one socket only, and sessions that may be in one match only."""

from __future__ import annotations

from tests.features.lobby import Lobby

from supergame import testing
from supergame.bus import MemoryBus
from supergame.features.accounts.single import SingleSocket
from supergame.protocol.notifications import NotificationCode, Notifications


async def test_a_new_socket_ends_the_old_one_and_says_why() -> None:
    async with testing.node(settings={"accounts.single_socket": True}) as node:
        phone, bob = await node.player("ann"), await node.player("bob")
        tablet = await node.player("ann")
        (told,) = (await phone.socket.next(Notifications)).notifications
        assert (told.code, told.subject) == (NotificationCode.SINGLE_SOCKET, "single_socket")
        await phone.socket.closed.wait()
        await tablet.socket.ping()
        await bob.socket.ping()


async def test_on_other_nodes_as_well() -> None:
    bus = MemoryBus()
    here, there = Lobby(bus=bus, node="node1"), Lobby(bus=bus, node="node2")
    for lobby in (here, there):
        SingleSocket(lobby.ground)
    user_id = here.ids.uuid()
    phone = here.enter("ann", user_id=user_id)
    there.enter("bob")  # so that the ids of that node's sessions are later ones
    tablet = there.enter("ann", user_id=user_id)
    (told,) = await phone.hears(1)
    assert told["notifications"]["notifications"][0]["subject"] == "single_socket"
    assert phone.session.closed
    assert not tablet.session.closed


async def test_several_are_fine_unless_it_is_said() -> None:
    async with testing.node() as node:
        phone, tablet = await node.player("ann"), await node.player("ann")
        await tablet.socket.ping()
        await phone.socket.ping()
