"""The tree of errors: codes of the wire, and docstrings that are messages."""

import pytest

from supergame.core import errors
from supergame.core.errors import Banned, Disabled, NotFound, Refused, SupergameError

CODES = {
    "BadInput": 3,
    "DeadlineExceeded": 4,
    "NotFound": 5,
    "Disabled": 5,
    "Conflict": 6,
    "Refused": 7,
    "Banned": 7,
    "TooMany": 8,
    "NotConfigured": 9,
    "Aborted": 10,
    "Unimplemented": 12,
    "Internal": 13,
    "Unavailable": 14,
    "Unauthenticated": 16,
}
ALL = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, SupergameError)}


def test_every_kind_has_the_code_of_the_wire():
    assert {name: kind.code for name, kind in ALL.items() if kind is not SupergameError} == CODES


@pytest.mark.parametrize("kind", ALL.values(), ids=ALL)
def test_a_class_says_what_went_wrong_in_its_docstring(kind):
    assert kind.__doc__
    assert str(kind()) == kind().message == kind.__doc__


def test_an_error_may_say_it_more_precisely():
    error = NotFound("There is no leaderboard called best.")
    assert str(error) == error.message == "There is no leaderboard called best."


def test_an_empty_message_is_kept():
    assert NotFound("").message == ""


def test_the_module_draws_the_whole_tree():
    """Each kind stands in the module's docstring with its code."""
    drawn = {line.split()[1]: line.split()[2] for line in errors.__doc__.splitlines() if line.strip().startswith("x ")}
    assert drawn == {name: str(code) for name, code in CODES.items()}


def test_narrow_kinds_are_caught_as_broad_ones():
    assert issubclass(Disabled, NotFound)
    assert issubclass(Banned, Refused)
