"""Letters: what is in their headers, and what never gets there."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.features.mail.office import read

from supergame.core.errors import BadInput
from supergame.features.mail.letter import ADDRESS_BYTES_MAX, LETTER_BYTES_MAX, SUBJECT_CHARACTERS_MAX, address, compose

SENDER = address("noreply@rush.example", "Rush")
ANN = address("ann@example.com")
NOON_US = 1_700_000_000_000_000


def written(to=ANN, subject="Hello", text="Hello Ann", html=None):
    return compose(SENDER, to, subject, text, html, letter_id="1", made_us=NOON_US)


def test_a_letter_says_from_whom_to_whom_and_when():
    letter = read(written(html="<p>Hello Ann</p>").as_bytes())
    assert {name: str(letter[name]) for name in ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted")} == {
        "From": "Rush <noreply@rush.example>",
        "To": "ann@example.com",
        "Subject": "Hello",
        "Date": "Tue, 14 Nov 2023 22:13:20 +0000",
        "Message-ID": "<1@rush.example>",
        "Auto-Submitted": "auto-generated",
    }
    plain, html = letter.iter_parts()
    assert (plain.get_content_type(), plain.get_content()) == ("text/plain", "Hello Ann\n")
    assert (html.get_content_type(), html.get_content()) == ("text/html", "<p>Hello Ann</p>\n")


def test_any_script_is_fit_for_subject_and_text():
    letter = read(written(subject="Grüße aus 東京 👨‍👩‍👧", text="日本語\n" * 500).as_bytes())
    assert letter["Subject"] == "Grüße aus 東京 👨‍👩‍👧"
    assert letter.get_content() == "日本語\n" * 500


def test_an_address_of_another_script_is_kept_and_its_domain_is_what_the_dns_knows():
    assert address("Jörg@bücher.example").addr_spec == "Jörg@xn--bcher-kva.example"
    letter = read(written(to=address("Jörg@bücher.example")).as_bytes())
    assert letter["To"] == "Jörg@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@example.com",
        "ann@",
        "ann@example..com",
        "ann@.com",
        "ann@exa mple.com",
        ".ann@example.com",
        "ann..lee@example.com",
        "ann@example.com,bob@example.com",
        "ann@example.com\r\nBcc: bob@example.com",
        "ann\u2028@example.com",
        "ann<bob@example.com>",
        '"ann lee"@example.com',
        "ann@[127.0.0.1]",
        "ann@exa_mple.com",
        "ann@" + "x" * 64 + ".com",
        "\ud800@example.com",
        "x" * (ADDRESS_BYTES_MAX - 11) + "@example.com",
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(BadInput, match="Invalid email address"):
        address(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": ""},
        {"subject": "x" * (SUBJECT_CHARACTERS_MAX + 1)},
        {"subject": "Hello\nBcc: bob@example.com"},
        {"subject": "Hello\r\n\r\nbody"},
        {"subject": "Hello\u2028Bcc: bob@example.com"},
        {"subject": "\ud800"},
        {"text": "x" * (LETTER_BYTES_MAX + 1)},
        {"text": "x", "html": "ä" * (LETTER_BYTES_MAX // 2)},
        {"text": "\0"},
        {"html": "\ud800"},
    ],
)
def test_what_cannot_be_a_letter_is_refused(wrong):
    with pytest.raises(BadInput):
        written(**wrong)


@given(subject=st.text(max_size=300), local=st.text(max_size=80), text=st.text(max_size=200))
@example(subject="Hello", local="ann", text="\r\n.\r\nMAIL FROM:<bob@example.com>")
def test_nothing_that_is_written_becomes_a_header_or_a_second_address(subject, local, text):
    try:
        letter = read(written(to=address(f"{local}@example.com"), subject=subject, text=text).as_bytes())
    except BadInput:
        return
    assert set(letter.keys()) <= {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    }
    assert len(letter["To"].addresses) == 1
