"""What ids, names and addresses may look like, with the protocol's own words for those that may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supergame.core.errors import BadInput
from supergame.features.accounts import formats


@pytest.mark.parametrize(
    ("check", "text", "error"),
    [
        (formats.device_id, "", "Device ID is required."),
        (formats.device_id, "with a space", "Device ID invalid, no spaces or control characters allowed."),
        (formats.device_id, "nul\x00inside!", "Device ID invalid, no spaces or control characters allowed."),
        (formats.device_id, "too-short", "Device ID invalid, must be 10-128 bytes."),
        (formats.device_id, "x" * 129, "Device ID invalid, must be 10-128 bytes."),
        (formats.custom_id, "", "Custom ID is required."),
        (formats.custom_id, "new\nline", "Custom ID invalid, no spaces or control characters allowed."),
        (formats.custom_id, "short", "Custom ID invalid, must be 6-128 bytes."),
        (formats.custom_id, "ä" * 65, "Custom ID invalid, must be 6-128 bytes."),
        (formats.email, "a b@example.com", "Invalid email address, no spaces or control characters allowed."),
        (formats.email, "no-at-sign.example", "Invalid email address format."),
        (formats.email, "@example.com", "Invalid email address format."),
        (formats.email, "alice@localhost", "Invalid email address format."),
        (formats.email, "a@b.at", "Invalid email address, must be 10-255 bytes."),
        (formats.email, "x" * 250 + "@b.com", "Invalid email address, must be 10-255 bytes."),
        (formats.email, "@" * 250_000, "Invalid email address, must be 10-255 bytes."),  # and that at once
        (formats.password, "7 chars", "Password must be at least 8 characters long."),
        (formats.password, "x" * 1_025, "Password must be at most 1024 bytes long."),
        (formats.username, "", "Username invalid, must be 1-128 bytes."),
        (formats.username, "x" * 129, "Username invalid, must be 1-128 bytes."),
        (formats.username, "bell\x07", "Username invalid, no spaces or control characters allowed."),
    ],
)
def test_what_does_not_fit(check: Callable[[str], str], text: str, error: str) -> None:
    with pytest.raises(BadInput) as raised:
        check(text)
    assert raised.value.message == error


def test_what_fits() -> None:
    assert formats.device_id("0123456789") == "0123456789"
    assert formats.custom_id("x" * 128) == "x" * 128
    assert formats.email("Alice+News@Example.COM") == "alice+news@example.com"
    assert formats.username("Alice in Wonderland") == "Alice in Wonderland"
    assert formats.profile("location", None) is None
    assert formats.profile("location", "") == ""
    assert formats.session_vars(None) == {}


@given(st.text())
def test_any_text_is_taken_as_it_is_or_refused(text: str) -> None:
    for check in (formats.device_id, formats.custom_id, formats.password, formats.username):
        try:
            assert check(text) == text
        except BadInput:
            pass
    try:
        assert formats.email(formats.email(text)) == formats.email(text)
    except BadInput:
        pass
