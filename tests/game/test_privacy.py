"""Tables of the game's own obey when an account is deleted, merged or archived."""

from pathlib import Path

import pytest

from supergame import testing
from supergame.client import RequestFailed
from supergame.game import AccountDeleted, AccountMerged, BadGame, Game, Query

ADD = Query("add", "INSERT INTO pet (name, owner) VALUES (:name, :owner)")
ALL = Query("all", "SELECT name, owner FROM pet ORDER BY name")
OF = Query("of", "SELECT name FROM pet WHERE owner = :owner ORDER BY name")
MOVE = Query("move", "UPDATE pet SET owner = :into WHERE owner = :owner")
FORGET = Query("forget", "DELETE FROM pet WHERE owner = :owner")


def pair(*columns):
    return columns


@pytest.fixture
def game(tmp_path: Path) -> Game:
    (tmp_path / "0001_pets.sql").write_text("CREATE TABLE pet (name TEXT PRIMARY KEY, owner TEXT NOT NULL);")
    game = Game("pets", folder=tmp_path)
    game.migrations(".")

    @game.within(AccountDeleted)
    async def forget(tx, event):
        await tx.run(FORGET, owner=event.user_id)

    @game.within(AccountMerged)
    async def absorb(tx, event):
        await tx.run(MOVE, owner=event.from_id, into=event.into_id)

    @game.exports
    async def export(tx, user_id):
        return {"pets": await tx.all(OF, str, owner=user_id)}

    return game


async def test_a_games_tables_forget_absorb_and_are_archived(game: Game) -> None:
    async with testing.node(game) as node:
        database, accounts = node.node.database, node.services.accounts
        ann, bob = await node.player("ann"), await node.player("bob")
        await database.run(ADD, name="Rex", owner=ann.user_id)
        await database.run(ADD, name="Tom", owner=bob.user_id)
        assert (await accounts.export(ann.user_id))["game"] == {"pets": ["Rex"]}
        await accounts.merge(ann.user_id, bob.user_id)
        assert await database.all(ALL, pair) == [("Rex", bob.user_id), ("Tom", bob.user_id)]
        await bob.client.delete_account(bob.session)
        assert await database.all(ALL, pair) == []


async def test_what_a_listener_within_raises_undoes_the_whole(game: Game) -> None:
    @game.within(AccountDeleted)
    async def refuse(tx, event):
        raise RuntimeError("not today")

    async with testing.node(game) as node:
        ann = await node.player("ann")
        await node.node.database.run(ADD, name="Rex", owner=ann.user_id)
        with pytest.raises(RequestFailed):
            await ann.client.delete_account(ann.session)
        assert (await ann.client.account(ann.session)).user.username == "ann"
        assert await node.node.database.all(ALL, pair) == [("Rex", ann.user_id)]


def test_a_game_is_part_of_nothing_else() -> None:
    with pytest.raises(BadGame, match="AccountDeleted and AccountMerged, not of 'deletion'"):
        Game("pets").within("deletion")  # type: ignore[arg-type]
