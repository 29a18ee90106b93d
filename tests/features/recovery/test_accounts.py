"""What becomes of second factors and tokens with their accounts: deleted, merged, told to the player."""

from __future__ import annotations

import json

import pytest
from tests.features.recovery.desk import EMAIL, PASSWORD

from supergame.core.errors import NotFound
from supergame.features.recovery import BadToken
from supergame.store import Query

TABLES = ("recovery_token", "recovery_totp", "recovery_code")


async def rows(database):
    """How many rows each table has."""
    return [await database.one(Query(table, f"SELECT COUNT(*) FROM {table}"), int) for table in TABLES]


async def second_factor(desk, session):
    await desk.recovery.request_verification(session.user_id)
    return await desk.enrolled(session)


async def test_an_account_that_is_deleted_leaves_nothing(each_desk, twin):
    session = await each_desk.ann()
    await second_factor(each_desk, session)
    assert await rows(twin) == [1, 1, 10]
    await each_desk.accounts.delete(session.user_id)
    assert await rows(twin) == [0, 0, 0]
    with pytest.raises(NotFound):
        await each_desk.recovery.totp_enrol(session.user_id)


async def test_a_second_factor_goes_along_when_accounts_become_one(each_desk, twin):
    ann = await each_desk.ann()
    app, codes = await second_factor(each_desk, ann)
    token = await each_desk.token()
    bob = await each_desk.node.player("bob")
    await each_desk.accounts.merge(ann.user_id, bob.user_id)
    assert await rows(twin) == [0, 1, 10]
    with pytest.raises(BadToken):
        await each_desk.recovery.verify_email(token)
    session = await each_desk.log_in(code=each_desk.shown(app))
    assert session.user_id == bob.user_id
    await each_desk.log_in(code=codes[0])


async def test_that_of_the_account_that_stays_wins(each_desk, twin):
    ann = await each_desk.ann()
    app, _ = await each_desk.enrolled(ann)
    bob = await each_desk.client.authenticate_email("bob@example.com", PASSWORD)
    await each_desk.enrolled(bob)
    await each_desk.accounts.merge(bob.user_id, ann.user_id)
    assert await rows(twin) == [0, 1, 10]
    await each_desk.log_in(code=each_desk.shown(app))


async def test_one_that_was_only_begun_gives_way(each_desk):
    ann = await each_desk.ann()
    app, _ = await each_desk.enrolled(ann)
    bob = await each_desk.client.authenticate_email("bob@example.com", PASSWORD)
    await each_desk.recovery.totp_enrol(bob.user_id)
    await each_desk.accounts.merge(ann.user_id, bob.user_id)
    await each_desk.client.authenticate_email("bob@example.com", PASSWORD, vars={"totp": each_desk.shown(app)})


async def test_accounts_without_any_become_one_without_any(desk, sqlite):
    ann, bob = await desk.ann(), await desk.node.player("bob")
    await desk.recovery.totp_enrol(ann.user_id)
    await desk.accounts.merge(ann.user_id, bob.user_id)
    assert await rows(sqlite) == [0, 0, 0]


async def test_the_archive_tells_that_there_is_one_and_no_secrets(each_desk):
    session = await each_desk.ann()
    _, codes = await second_factor(each_desk, session)
    told = (await each_desk.accounts.export(session.user_id))["recovery"]
    assert told == {
        "second_factor": {"enabled": "2023-11-14T22:13:20Z", "recovery_codes": 10},
        "tokens": [
            {
                "purpose": "verify",
                "email": EMAIL,
                "created": "2023-11-14T22:13:20Z",
                "expire": "2023-11-15T22:13:20Z",
            }
        ],
    }
    assert codes[0] not in json.dumps(told)
    other = await each_desk.node.player("bob")
    assert (await each_desk.accounts.export(other.user_id))["recovery"] == {
        "second_factor": {"enabled": None, "recovery_codes": 0},
        "tokens": [],
    }
