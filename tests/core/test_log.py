"""Logs: one event a line, with what stands around it."""

import io
import json
from uuid import UUID

import pytest
import structlog

from supergame.core import log


@pytest.fixture(autouse=True)
def fresh():
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_away_from_a_terminal_a_line_is_json():
    out = io.StringIO()
    log.configure(stream=out)
    log.get_log(node="a").info("node started", port=7350)
    (line,) = lines(out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "node started", "level": "info", "node": "a", "port": 7350}


def test_on_a_terminal_a_line_is_for_people():
    out = Terminal()
    log.configure(stream=out)
    log.get_log().info("node started", port=7350)
    assert "node started" in out.getvalue()
    assert "{" not in out.getvalue()


@pytest.mark.parametrize(("form", "is_json"), [("json", True), ("console", False)])
def test_the_form_may_be_chosen(form, is_json):
    out = io.StringIO()
    log.configure(form=form, stream=out)
    log.get_log().info("hello")
    assert out.getvalue().startswith("{") is is_json


def test_less_important_lines_are_left_out():
    out = io.StringIO()
    log.configure(level="warning", stream=out)
    for level in ("debug", "info", "warning", "error"):
        getattr(log.get_log(), level)(level)
    assert [line["event"] for line in lines(out)] == ["warning", "error"]


def test_a_request_and_its_session_stand_on_every_line_below_them():
    out = io.StringIO()
    log.configure(stream=out)
    with structlog.contextvars.bound_contextvars(session_id="s1", request_id="r1"):
        log.get_log(node="a").info("inside")
    log.get_log(node="a").info("outside")
    inside, outside = lines(out)
    assert (inside["session_id"], inside["request_id"]) == ("s1", "r1")
    assert "session_id" not in outside


def test_an_exception_stays_on_its_line():
    out = io.StringIO()
    log.configure(stream=out)
    try:
        raise ValueError("no such tile")
    except ValueError:
        log.get_log().exception("match failed")
    (line,) = lines(out)
    assert line["event"] == "match failed"
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("ValueError: no such tile")


def test_a_line_is_one_line_whatever_is_in_it():
    """Ids, bytes, bad text and objects are written somehow; none breaks the log."""
    out = io.StringIO()
    log.configure(stream=out)
    log.get_log().info("two\nlines", id=UUID(int=1), data=b"\x00", thing=object, text="\ud800")
    (line,) = lines(out)
    assert line["event"] == "two\nlines"
    assert line["id"] == "00000000-0000-0000-0000-000000000001"


def test_by_default_logs_go_where_errors_go(capsys):
    log.configure(form="json")
    log.get_log().info("hello")
    assert json.loads(capsys.readouterr().err)["event"] == "hello"
