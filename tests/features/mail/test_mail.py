"""Sending letters: a queue with limits, attempts that are made again, and an orderly end; folders while developing."""

from __future__ import annotations

import stat

import pytest
from tests.features.mail.office import Office, letters

from supergame.core.errors import BadInput, TooMany, Unavailable
from supergame.features.mail import folder, service


async def test_while_developing_a_letter_is_a_file_in_the_data_folder(tmp_path):
    office = Office(tmp_path)
    await office.mail.send("ann@example.com", "Hello", "Hello Ann")
    await office.mail.settle()
    (letter,) = letters(tmp_path / "mail")
    assert (letter["To"], letter["Subject"], letter.get_content()) == ("ann@example.com", "Hello", "Hello Ann\n")
    (file,) = (tmp_path / "mail").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert office.outcomes() == {"sent": 1, "given_up": 0}


async def test_the_folder_is_a_setting_and_keeps_the_newest(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "FILES_MAX", 2)
    office = Office(tmp_path, folder=str(tmp_path / "letters"), connections_max=1)
    for number in range(3):
        await office.mail.send("ann@example.com", f"Letter {number}", "")
        await office.clock.advance(1)
    await office.mail.settle()
    assert [letter["Subject"] for letter in letters(tmp_path / "letters")] == ["Letter 1", "Letter 2"]


async def test_so_many_letters_wait_and_not_more(tmp_path):
    office = Office(tmp_path, letters_waiting_max=2, connections_max=1)
    for _ in range(2):
        await office.mail.send("ann@example.com", "Hello", "")
    with pytest.raises(TooMany, match="Too many letters are waiting"):
        await office.mail.send("ann@example.com", "Hello", "")
    await office.mail.settle()
    await office.mail.send("ann@example.com", "Hello", "")
    await office.mail.stop()
    assert len(letters(tmp_path / "mail")) == 3


async def test_what_is_no_letter_does_not_wait(tmp_path):
    office = Office(tmp_path)
    with pytest.raises(BadInput):
        await office.mail.send("nobody", "Hello", "")
    with pytest.raises(BadInput):
        await office.mail.send("ann@example.com", "", "")
    assert office.mail.waiting == 0


def test_a_sender_that_is_none_is_refused_at_once(tmp_path):
    with pytest.raises(BadInput):
        Office(tmp_path, sender="nobody")


@pytest.fixture
def blocked(tmp_path):
    """An office whose folder cannot be made: there is a file in its place."""
    (tmp_path / "mail").write_text("")
    return Office(tmp_path, attempts_max=3)


async def test_a_letter_that_failed_is_tried_again_later(blocked, tmp_path):
    await blocked.mail.send("ann@example.com", "Hello", "")
    await blocked.mail.settle()
    assert blocked.mail.waiting == 1
    (tmp_path / "mail").unlink()
    await blocked.clock.advance(service.RETRY_SECONDS_MIN - 1)
    await blocked.mail.settle()
    assert not (tmp_path / "mail").exists()
    await blocked.clock.advance(1)
    await blocked.mail.settle()
    assert len(letters(tmp_path / "mail")) == 1
    assert blocked.mail.waiting == 0


async def test_it_rests_longer_each_time_and_is_given_up_in_the_end(blocked):
    await blocked.mail.send("ann@example.com", "Hello", "")
    await blocked.mail.settle()
    for rest in (service.RETRY_SECONDS_MIN, service.RETRY_SECONDS_MIN * 4):
        await blocked.clock.advance(rest - 1)
        assert len(blocked.mail._resting) == 1
        await blocked.clock.advance(1)
        await blocked.mail.settle()
    assert blocked.mail.waiting == 0
    assert blocked.outcomes() == {"sent": 0, "given_up": 1}


async def test_a_stopping_node_tries_once_more_and_takes_no_new_letters(blocked, tmp_path):
    await blocked.mail.send("ann@example.com", "Hello", "")
    await blocked.mail.settle()
    (tmp_path / "mail").unlink()
    await blocked.mail.stop()
    assert len(letters(tmp_path / "mail")) == 1
    with pytest.raises(Unavailable):
        await blocked.mail.send("ann@example.com", "Hello", "")


async def test_what_fails_while_stopping_is_given_up(blocked):
    await blocked.mail.send("ann@example.com", "Hello", "")
    await blocked.mail.stop()
    assert blocked.mail.waiting == 0
    assert blocked.outcomes() == {"sent": 0, "given_up": 1}
