"""Letters over real connections to a real SMTP server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from structlog.testing import capture_logs
from tests.features.mail.office import PASSWORD, USER, Office, Server, self_signed

from supergame.core.config import BadSetting
from supergame.features.mail import service

Open = Callable[..., Awaitable[Server]]


@pytest.fixture
async def server() -> AsyncIterator[Open]:
    opened: list[Server] = []

    async def open_one(**options: object) -> Server:
        opened.append(await Server(**options).open())  # type: ignore[arg-type]
        return opened[-1]

    yield open_one
    for each in opened:
        await each.close()


def office(tmp_path, server, **settings):
    return Office(
        tmp_path, **{"transport": "smtp", "host": "localhost", "port": server.port, "security": "none", **settings}
    )


async def sent(office, to="ann@example.com"):
    await office.mail.send(to, "Hello", "Hello Ann")
    await office.mail.settle()
    return office.outcomes()


async def test_a_letter_is_handed_over(tmp_path, server):
    running = await server()
    assert await sent(office(tmp_path, running)) == {"sent": 1, "given_up": 0}
    (letter,), (envelope,) = running.letters, running.envelopes
    assert letter.get_content() == "Hello Ann\n"
    assert (envelope.mail_from, envelope.rcpt_tos) == ("supergame@localhost", ["ann@example.com"])


async def test_an_address_of_another_script_arrives(tmp_path, server):
    running = await server()
    await sent(office(tmp_path, running), to="Jörg@bücher.example")
    assert running.envelopes[0].rcpt_tos == ["Jörg@xn--bcher-kva.example"]
    assert running.letters[0]["To"] == "Jörg@xn--bcher-kva.example"


async def test_many_letters_go_a_few_at_a_time(tmp_path, server):
    running = await server()
    busy = office(tmp_path, running, connections_max=2)
    for number in range(10):
        await busy.mail.send(f"player{number}@example.com", "Hello", "")
    assert len(busy.mail._under_way) == 2
    await busy.mail.settle()
    assert {str(letter["To"]) for letter in running.letters} == {f"player{number}@example.com" for number in range(10)}


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_an_encrypted_connection_with_a_login_and_a_certificate_of_ones_own(tmp_path, server, security):
    certificate = self_signed(tmp_path)
    running = await server(certificate=certificate, starttls=security == "starttls", login=security == "starttls")
    login = {"user": USER, "password": PASSWORD} if security == "starttls" else {}
    trusting = office(tmp_path, running, security=security, certificates=str(certificate), **login)
    assert await sent(trusting) == {"sent": 1, "given_up": 0}


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_that_nobody_vouches_for_gets_no_letter(tmp_path, server, security):
    running = await server(certificate=self_signed(tmp_path), starttls=security == "starttls")
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)  # the server's side of the refusal
    assert await sent(office(tmp_path, running, security=security, attempts_max=1)) == {"sent": 0, "given_up": 1}
    assert running.letters == []


async def test_a_server_that_cannot_encrypt_gets_no_letter_where_it_should(tmp_path, server):
    running = await server()
    assert await sent(office(tmp_path, running, security="starttls", attempts_max=1)) == {"sent": 0, "given_up": 1}
    assert running.letters == []


async def test_a_wrong_password_is_tried_again_for_the_letter_is_not_to_blame(tmp_path, server):
    certificate = self_signed(tmp_path)
    running = await server(certificate=certificate, starttls=True, login=True)
    refused = office(
        tmp_path, running, security="starttls", certificates=str(certificate), user=USER, password="open barley"
    )
    assert await sent(refused) == {"sent": 0, "given_up": 0}
    assert refused.mail.waiting == 1


async def test_a_recipient_whom_the_server_does_not_know_is_given_up_at_once(tmp_path, server):
    running = await server()
    running.answers = ["550 no such user"]
    assert await sent(office(tmp_path, running)) == {"sent": 0, "given_up": 1}


async def test_the_log_tells_of_a_letter_but_not_to_whom_it_goes(tmp_path, server):
    running = await server()
    running.answers = ["550 <Ann@Example.com>: no such user", "451 ann@example.com is busy"]
    with capture_logs() as said:
        for _ in range(3):
            await sent(office(tmp_path, running))
    told = [line for line in said if line["log_level"] != "debug"]
    assert [line["log_level"] for line in told] == ["error", "warning", "info"]
    assert all(line["domain"] == "example.com" for line in told)
    assert "ann@" not in str(told).lower()
    assert "<<the recipient>>: no such user" in told[0]["error"]


async def test_a_recipient_who_has_to_wait_is_tried_again(tmp_path, server):
    running = await server()
    running.answers = ["451 try again later"]
    patient = office(tmp_path, running)
    assert await sent(patient) == {"sent": 0, "given_up": 0}
    await patient.clock.advance(service.RETRY_SECONDS_MIN)
    await patient.mail.settle()
    assert patient.outcomes() == {"sent": 1, "given_up": 0}


async def test_a_letter_that_the_server_does_not_like_is_given_up_unless_it_may_like_it_later(tmp_path, server):
    running = await server()
    running.verdicts = ["554 looks like spam", "452 no room"]
    waiting = office(tmp_path, running)
    assert await sent(waiting) == {"sent": 0, "given_up": 1}
    assert await sent(waiting) == {"sent": 0, "given_up": 1}
    assert waiting.mail.waiting == 1


async def test_a_server_that_knows_only_ascii_gets_no_address_of_another_script(tmp_path, server):
    running = await server(utf8=False)
    assert await sent(office(tmp_path, running), to="Jörg@bücher.example") == {"sent": 0, "given_up": 1}


async def test_a_server_that_was_down_gets_the_letter_when_it_is_up(tmp_path, server):
    running = await server()
    waiting = office(tmp_path, running)
    await running.close()
    assert await sent(waiting) == {"sent": 0, "given_up": 0}
    await running.open()
    await waiting.clock.advance(service.RETRY_SECONDS_MIN)
    await waiting.mail.settle()
    assert len(running.letters) == 1


async def test_a_server_that_never_answers_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(service, "DRAIN_SECONDS_MAX", 0.01)
    silent = await asyncio.start_server(lambda reader, writer: writers.append(writer), "127.0.0.1", 0)
    writers: list[asyncio.StreamWriter] = []
    port = silent.sockets[0].getsockname()[1]
    for seconds_max, left in ((0.01, 1), (60.0, 0)):
        patient = Office(tmp_path, transport="smtp", port=port, security="none", seconds_max=seconds_max)
        await patient.mail.send("ann@example.com", "Hello", "")
        if left:
            await patient.mail.settle()
            assert patient.mail.waiting == left
        await patient.mail.stop()
        assert patient.mail.waiting == 0
    for writer in writers:
        writer.close()
    silent.close()


def test_certificates_that_cannot_be_read_are_said_at_once(tmp_path):
    with pytest.raises(BadSetting, match=r"mail\.certificates"):
        Office(tmp_path, transport="smtp", certificates=str(tmp_path / "none.pem"))


def test_a_password_that_would_be_sent_unencrypted_is_refused(tmp_path):
    with pytest.raises(BadSetting, match=r"mail\.user: nobody logs in over a connection that is not encrypted"):
        Office(tmp_path, transport="smtp", security="none", user=USER, password=PASSWORD)
