"""Ids: their forms, what they give away, and the same ones again from a seed."""

import uuid

import pytest

from supergame.core.ids import NIL, RandomIds, SeededIds, is_uuid, node_address


@pytest.fixture(params=[RandomIds, lambda node="node": SeededIds(1, node)], ids=["random", "seeded"])
def make(request):
    return request.param


def test_uuids_are_of_version_4_and_differ(make):
    ids = make()
    made = [ids.uuid() for _ in range(1000)]  # more than one pool of entropy holds
    assert len(set(made)) == 1000
    assert all(is_uuid(text) for text in made)
    assert {uuid.UUID(text).version for text in made} == {4}
    assert {uuid.UUID(text).variant for text in made} == {uuid.RFC_4122}


def test_session_ids_are_of_version_1_and_name_the_node(make):
    ids = make("tokyo-1")
    made = [ids.session_id() for _ in range(100)]
    assert len(set(made)) == 100
    assert {uuid.UUID(text).version for text in made} == {1}
    assert {uuid.UUID(text).variant for text in made} == {uuid.RFC_4122}
    assert {uuid.UUID(text).node for text in made} == {node_address("tokyo-1")}


def test_a_nodes_address_is_no_real_cards():
    """The multicast bit is set, so it never meets the MAC of a real network card."""
    assert node_address("a") != node_address("b")
    assert node_address("a") >> 40 & 1
    assert node_address("a") < 1 << 48


def test_usernames_are_ten_letters(make):
    name = make().username()
    assert len(name) == 10
    assert name.isascii()
    assert name.isalpha()


@pytest.mark.parametrize(("n_bytes", "length"), [(32, 43), (16, 22), (1, 2)])
def test_secrets_are_text_that_fits_in_an_address(make, n_bytes, length):
    secret = make().secret(n_bytes)
    assert len(secret) == length
    assert secret.replace("-", "a").replace("_", "a").isalnum()


def test_each_generator_goes_its_own_way(make):
    ids = make()
    assert ids.random().random() != ids.random().random()


def test_the_same_seed_gives_the_same_ids():
    def some(ids):
        return ids.uuid(), ids.session_id(), ids.username(), ids.secret(), ids.random().random()

    assert some(SeededIds(7)) == some(SeededIds(7))
    assert some(SeededIds(7)) != some(SeededIds(8))


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (NIL, True),
        ("4ec4f126-3f9d-11e7-84ef-b7c182b36521", True),
        ("4EC4F126-3F9D-11E7-84EF-B7C182B36521", False),
        ("4ec4f1263f9d11e784efb7c182b36521", False),
        ("4ec4f126-3f9d-11e7-84ef-b7c182b36521\n", False),
        ("", False),
    ],
)
def test_a_uuid_is_known_by_its_usual_form(text, is_one):
    assert is_uuid(text) is is_one
