"""A player about whom every feature holds something: one function per feature, for every table it has.

Whoever brings a new table either gives Ann a row in it here, or says in NEVER why it never holds anything about a
player. What an archive does not tell of such a row stands in UNTOLD, with the reason.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from pyotp import TOTP

from supergame import testing
from supergame.game import Game
from supergame.protocol.chat import ChannelType
from supergame.store import Database, Query

NEVER = {
    "accounts_revocation": "Says until they have expired that tokens were called back; it is written by deletion too.",
    "accounts_tombstone": "Is all that stays of deleted accounts.",
    "identity_used_token": "Remembers tokens by hashes that lead to nobody.",
    "leaderboards_board": "Is the game's.",
    "outbox_event": "Holds what is announced until all have heard it.",
}
"""Tables in which Ann has no row."""

UNTOLD = {
    "accounts_kept_family": "Says which session goes on while the others were called back; sessions are told already.",
    "accounts_user.password_hash": "A secret.",
    "groups_group": "The group's; the archive names those that the player has created.",
    "groups_member": "What the player is in the group stands in words there.",
    "leaderboards_record.order_score": "The score again, as it is sorted.",
    "matches_snapshot": "The match's; the archive names the player's seats.",
    "recovery_code": "A secret.",
    "recovery_token.hash": "A secret.",
    "recovery_totp.secret": "A secret.",
}
"""Tables and columns that archives do not repeat word by word."""

STAYS = {"accounts_revocation", "accounts_tombstone"}
"""Where a deleted player's id is found; in the first until the tokens have expired."""


@dataclass(frozen=True)
class Story:
    """Ann, whose name is like no other, and Bob, who has to do with her."""

    node: testing.RunningNode
    ann: testing.Player
    bob: testing.Player

    @property
    def database(self) -> Database:
        return self.node.node.database

    @property
    def traces(self) -> tuple[str, str]:
        """By what Ann is recognized in a table."""
        return self.ann.user_id, self.ann.username


Holding = Callable[[Story], Awaitable[object]]
HOLDINGS: list[Holding] = []


def holding(function: Holding) -> Holding:
    """Make this part of what is held on Ann."""
    HOLDINGS.append(function)
    return function


@holding
async def accounts(story: Story) -> None:
    ann = story.ann
    await ann.client.link_custom(ann.session, "custom-of-ann-the-quick")
    for password in ("correct horse", "another horse"):
        await ann.client.link_email(ann.session, "ann-the-quick@example.com", password)
    await story.node.services.accounts.update(ann.user_id, display_name="Ann", metadata={"likes": ["cake"]})
    session = await ann.client.authenticate_device("device-of-ann-the-quick", vars={"shop": "north"})
    await ann.client.refresh(session)


@holding
async def storage(story: Story) -> None:
    await story.ann.client.write_object(story.ann.session, "saves", "slot", {"of": story.ann.user_id})


@holding
async def leaderboards(story: Story) -> None:
    for board in ("board", "daily"):
        await story.ann.client.write_score(story.ann.session, board, 5)


@holding
async def notifications(story: Story) -> None:
    ann, bob = story.ann, story.bob
    for to, sender in ((ann, bob), (bob, ann)):
        await story.node.services.notifications.send(to.user_id, "A gift", {"for": 1}, 1, sender_id=sender.user_id)


@holding
async def friends(story: Story) -> None:
    await story.ann.client.add_friends(story.ann.session, [story.bob.user_id], metadata='{"met": "here"}')


@holding
async def chat(story: Story) -> None:
    ann, bob = story.ann, story.bob
    hall = await ann.socket.join_chat("hall")
    await ann.socket.send_chat(hall.id, {"text": "I am ann-the-quick"})
    direct = await bob.socket.join_chat(ann.user_id, kind=ChannelType.DIRECT_MESSAGE)
    await bob.socket.send_chat(direct.id, {"text": "Are you there?"})
    await ann.socket.join_chat(bob.user_id, kind=ChannelType.DIRECT_MESSAGE)
    await ann.socket.send_chat(direct.id, {"text": "I am"})


@holding
async def groups(story: Story) -> None:
    group = await story.node.services.groups.create(story.ann.user_id, "The Quick", open=True)
    await story.node.services.groups.join(group.id, story.bob.user_id)


@holding
async def recovery(story: Story) -> None:
    service, user_id = story.node.services.recovery, story.ann.user_id
    await service.request_verification(user_id)
    await service.settle()
    enrolment = await service.totp_enrol(user_id)
    await service.totp_confirm(user_id, TOTP(enrolment.secret).at(int(story.node.clock.now_seconds())))


@holding
async def matches(story: Story) -> None:
    """Another node went down with a match in which Ann has a seat."""
    seats = f'[["{story.ann.user_id}","session-1","ann-the-quick"],["{story.bob.user_id}","session-2","bob"]]'
    query = Query(
        "snapshot",
        "INSERT INTO matches_snapshot (match_id, handler, node, label, tick, seats, state, saved_us) "
        "VALUES ('match.node2', 'race', 'node2', '', 1, :seats, :state, 1)",
    )
    await story.database.run(query, seats=seats, state=b"")


@asynccontextmanager
async def told(database: Database) -> AsyncIterator[Story]:
    """A node on this database on which everything is held on Ann that may be."""
    game = Game("privacy", folder=".")
    game.leaderboard("board")
    game.leaderboard("daily", reset="@daily")
    with TemporaryDirectory() as letters:
        async with testing.node(game, database=database, settings={"mail.folder": letters}) as node:
            story = Story(node, await node.player("ann-the-quick"), await node.player("bob"))
            for hold in HOLDINGS:
                await hold(story)
            await node.node.events.settle()
            yield story
