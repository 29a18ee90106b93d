"""An account that is deleted leaves nothing of the player in any table, whichever feature it belongs to."""

from __future__ import annotations

from tests.features.privacy.holdings import NEVER, STAYS, Story
from tests.features.privacy.tables import all_rows, mentioning, tables_that_mention

TOKENS_GONE_SECONDS = 3_700
"""When the tokens of a deleted player have expired, and what says that they are called back has been swept."""


async def test_every_table_holds_something_about_a_player_or_has_a_reason_not_to(each_story: Story) -> None:
    """A new table fails here until somebody has said in `holdings.py` how a player comes into it."""
    rows = await all_rows(each_story.database)
    empty = {table for table in rows if not mentioning(rows[table], *each_story.traces)}
    assert empty <= NEVER.keys()
    assert rows.keys() >= NEVER.keys()


async def test_a_deleted_player_is_nowhere(each_story: Story) -> None:
    ann, database = each_story.ann, each_story.database
    await ann.client.delete_account(ann.session)
    await each_story.node.node.events.settle()
    assert await tables_that_mention(database, *each_story.traces) == STAYS
    await each_story.node.advance(TOKENS_GONE_SECONDS)
    assert await tables_that_mention(database, *each_story.traces) == {"accounts_tombstone"}


async def test_what_belongs_to_others_stays(story: Story) -> None:
    bob, services = story.bob, story.node.services
    before = await all_rows(story.database)
    await services.accounts.delete(story.ann.user_id)
    gifts = (await services.notifications.list(bob.user_id)).notifications
    assert [(gift.subject, gift.sender_id) for gift in gifts if gift.code > 0] == [("A gift", "")]
    after = await all_rows(story.database)
    for table in ("accounts_user", "accounts_identity"):
        assert [row for row in before[table] if row not in mentioning(before[table], *story.traces)] == after[table]
    (snapshot,) = after["matches_snapshot"]
    assert snapshot["seats"] == f'[["{bob.user_id}","session-2","bob"]]'


async def test_a_merged_player_is_nowhere(each_story: Story) -> None:
    """What was Ann's is Bob's, and in Bob's name."""
    await each_story.node.services.accounts.merge(each_story.ann.user_id, each_story.bob.user_id)
    await each_story.node.node.events.settle()
    rows = await all_rows(each_story.database)
    (saved,) = rows.pop("storage_objects")
    assert saved["user_id"] == each_story.bob.user_id  # what the game has written into it is the game's
    assert {table for table in rows if mentioning(rows[table], each_story.ann.user_id)} == STAYS
    names = {"ann-the-quick", '{"username":"ann-the-quick"}'}
    assert {table for table in rows for row in rows[table] if names & {*row.values()}} == set()
