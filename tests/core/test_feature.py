"""The feature value: what need not be said has a sensible default."""

import dataclasses

import pytest

from supergame.core.feature import Feature


def test_a_feature_is_a_name_and_a_service():
    feature = Feature(name="weather", service=dict)
    assert (feature.needs, feature.routes, feature.messages, feature.hears, feature.within) == ((), {}, {}, {}, {})
    assert (feature.settings, feature.migrations) == ((), None)


def test_a_feature_is_not_changed_afterwards():
    feature = Feature(name="weather", service=dict)
    with pytest.raises(dataclasses.FrozenInstanceError):
        feature.name = "climate"
