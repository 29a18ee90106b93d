"""Objects of game code's become JSON text, within a limit."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from supergame.core.errors import BadInput
from supergame.protocol.objects import write_object

TEXTS = {"unfit": "That does not fit", "too_long": "That is too long."}


def test_any_mapping_may_be_written() -> None:
    assert write_object(MappingProxyType({"a": [1, "ä"]}), 100, **TEXTS) == '{"a":[1,"ä"]}'


def test_what_json_has_no_place_for_is_refused_with_the_reason() -> None:
    with pytest.raises(BadInput, match=r"^That does not fit: .+\.$"):
        write_object({"a": object()}, 100, **TEXTS)


def test_bytes_count_not_letters() -> None:
    assert write_object({"a": "ä"}, 10, **TEXTS) == '{"a":"ä"}'
    with pytest.raises(BadInput, match=r"^That is too long\.$"):
        write_object({"a": "ä"}, 9, **TEXTS)
