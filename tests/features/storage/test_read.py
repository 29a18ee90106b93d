"""Reading and listing: who sees what, in which order, and pages that stay put while others write."""

from __future__ import annotations

import pytest

from supergame.core.errors import BadInput
from supergame.core.ids import NIL
from supergame.features.storage import LIST_MAX, Deletion, ObjectId, Page, ReadBy, Storage, Write


async def write_all_kinds(storage: Storage, *owners: str) -> None:
    """For each owner an object that nobody may read, one for the owner, one for everybody."""
    await storage.write(
        [
            Write("saves", read_by.name.lower(), {}, owner, permission_read=read_by)
            for owner in owners
            for read_by in ReadBy
        ]
    )


def names(page: Page) -> list[tuple[str, str]]:
    return [(found.user_id[0], found.key) for found in page.objects]


async def test_what_one_may_not_see_is_as_if_it_were_not_there(each_storage: Storage, alice: str, bob: str) -> None:
    await write_all_kinds(each_storage, alice, bob, NIL)
    ids = [
        ObjectId("saves", key, owner) for owner in (bob, alice, NIL) for key in ("everybody", "nobody", "owner", "none")
    ]

    async def seen(caller: str | None) -> list[tuple[str, str]]:
        return [(found.user_id[0], found.key) for found in await each_storage.read(ids, caller=caller)]

    assert await seen(alice) == [("b", "everybody"), ("a", "everybody"), ("a", "owner"), ("0", "everybody")]
    assert await seen(bob) == [("b", "everybody"), ("b", "owner"), ("a", "everybody"), ("0", "everybody")]
    assert len(await seen(None)) == 9


async def test_one_alone_is_read_by_the_same_rules(storage: Storage, alice: str, bob: str) -> None:
    await write_all_kinds(storage, alice)

    async def seen(key: str, caller: str | None) -> int:
        return len(await storage.read([ObjectId("saves", key, alice)], caller=caller))

    assert [await seen("owner", caller) for caller in (alice, bob, None)] == [1, 0, 1]
    assert [await seen("everybody", caller) for caller in (alice, bob, None)] == [1, 1, 1]
    assert [await seen("nobody", caller) for caller in (alice, bob, None)] == [0, 0, 1]
    assert await seen("none", None) == 0


async def test_objects_of_one_name_are_read_for_many_owners_and_of_one_owner_by_many_names(
    each_storage: Storage, alice: str, bob: str
) -> None:
    await write_all_kinds(each_storage, alice, bob)
    of_one_name = [ObjectId("saves", "owner", owner) for owner in (bob, NIL, alice)]
    assert [found.user_id for found in await each_storage.read(of_one_name)] == [bob, alice]
    of_one_owner = [ObjectId("saves", key, alice) for key in ("owner", "none", "everybody")]
    assert [found.key for found in await each_storage.read(of_one_owner)] == ["owner", "everybody"]


async def test_asking_twice_gives_it_once(storage: Storage, alice: str) -> None:
    await write_all_kinds(storage, alice)
    id_ = ObjectId("saves", "owner", alice)
    assert len(await storage.read([id_, id_])) == 1


async def test_a_list_shows_what_one_may_read(each_storage: Storage, alice: str, bob: str) -> None:
    await write_all_kinds(each_storage, alice, bob)

    async def seen(owner: str | None, caller: str | None) -> list[tuple[str, str]]:
        return names(await each_storage.list("saves", user_id=owner, caller=caller))

    assert await seen(alice, alice) == [("a", "everybody"), ("a", "owner")]
    assert await seen(alice, bob) == [("a", "everybody")]
    assert await seen(None, alice) == [("a", "everybody"), ("b", "everybody")]
    assert await seen(alice, None) == [("a", "everybody"), ("a", "nobody"), ("a", "owner")]
    assert await seen(None, None) == [(owner, key) for key in ("everybody", "nobody", "owner") for owner in ("a", "b")]


@pytest.mark.parametrize(("owner", "caller"), [(None, None), (None, "me"), ("me", None), ("me", "me")])
async def test_pages_stay_put_while_others_write(
    each_storage: Storage, alice: str, owner: str | None, caller: str | None
) -> None:
    def write(key: str) -> Write:
        return Write("levels", key, {}, alice, permission_read=ReadBy.EVERYBODY)

    async def page(cursor: str) -> Page:
        return await each_storage.list(
            "levels", user_id=owner and alice, caller=caller and alice, limit=2, cursor=cursor
        )

    await each_storage.write([write(key) for key in "acegi"])
    first = await page("")
    assert [one.key for one in first.objects] == ["a", "c"]
    await each_storage.write([write("b"), write("d")])
    await each_storage.delete([Deletion("levels", "c", alice)])
    second = await page(first.cursor)
    assert [one.key for one in second.objects] == ["d", "e"]
    third = await page(second.cursor)
    assert ([one.key for one in third.objects], third.cursor) == (["g", "i"], "")


async def test_pages_go_on_among_owners_of_one_key(each_storage: Storage, alice: str, bob: str) -> None:
    await each_storage.write([Write("c", "k", {}, owner, permission_read=by) for owner, by in [(bob, 0), (alice, 2)]])
    first = await each_storage.list("c", limit=1)
    second = await each_storage.list("c", limit=1, cursor=first.cursor)
    assert names(first) + names(second) == [("a", "k"), ("b", "k")]
    assert not second.cursor


@pytest.mark.parametrize("cursor", ["?", "YQ", "W10", "WyJhXHUwMDAwIiwgIiJd", "ü"])
async def test_garbage_is_no_cursor(storage: Storage, cursor: str) -> None:
    if cursor == "W10":  # an empty list: nothing is missing, it is the beginning
        assert await storage.list("saves", cursor=cursor) == Page([])
        return
    with pytest.raises(BadInput, match=r"^Invalid cursor\.$"):
        await storage.list("saves", cursor=cursor)


async def test_a_list_has_its_limits(storage: Storage) -> None:
    for limit in (0, LIST_MAX + 1):
        with pytest.raises(BadInput, match=r"^Invalid limit - limit must be between 1 and 100\.$"):
            await storage.list("saves", limit=limit)
    with pytest.raises(BadInput, match="They must be set"):
        await storage.list("")
    with pytest.raises(BadInput, match="Invalid user ID"):
        await storage.list("saves", user_id="bob")
