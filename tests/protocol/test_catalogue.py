"""The declarations against the facts of the wire: names, numbers, types and addresses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.protocol.strategies import declared_types, types_within

from supergame.protocol.catalogue import CAPABILITIES, ENVELOPE, EVENTS, MESSAGES, OPERATIONS, name_of
from supergame.protocol.chat import ChannelMessageAck, ChannelType
from supergame.protocol.friends import FriendOfFriend, FriendState
from supergame.protocol.groups import GroupRole, GroupUser, UserGroup
from supergame.protocol.leaderboards import LeaderboardRecordWrite, Operator
from supergame.protocol.matches import MatchListing
from supergame.protocol.matchmaker import MatchmakerUser
from supergame.protocol.operation import Auth, Nothing, Silent
from supergame.protocol.parties import PartyListing
from supergame.protocol.system import ErrorCode, Failure
from supergame.protocol.types import Empty, Field, Message, fields

FACTS = Path(__file__).parent / "facts"
API: dict[str, Any] = json.loads((FACTS / "api.json").read_text())
REALTIME: dict[str, Any] = json.loads((FACTS / "realtime.json").read_text())
ENDPOINTS: list[dict[str, str | None]] = json.loads((FACTS / "endpoints.json").read_text())

# Types whose name here is not that of the wire's own description (where two are called Match, or Party).
RENAMED = {
    FriendOfFriend: "FriendsOfFriendsList.FriendOfFriend",
    MatchListing: "Match",
    PartyListing: "Party",
    LeaderboardRecordWrite: "WriteLeaderboardRecordRequest.LeaderboardRecordWrite",
    MatchmakerUser: "MatchmakerMatched.MatchmakerUser",
    GroupUser: "GroupUserList.GroupUser",
    UserGroup: "UserGroupList.UserGroup",
}
COMPETITION = re.compile("Tournament|Purchase|Subscription")
"""What belongs to competition and purchases, which this server does not offer yet."""
_BEYOND = {
    kind
    for operation in OPERATIONS.values()
    if operation.extension
    for kind in types_within([operation.request, operation.response])
    if kind.__name__ not in API["messages"]
}
# Ours: `Empty` is Google's, `Failure` is google.rpc.Status; the others belong to operations beyond the protocol.
OURS = {Empty, Failure, *_BEYOND}

_SCALARS = {"timestamp": "Timestamp"}
_WRAPPERS = {
    "string": "StringValue",
    "bool": "BoolValue",
    "int32": "Int32Value",
    "uint32": "UInt32Value",
    "int64": "Int64Value",
}


def facts_of(kind: type[Message]) -> list[dict[str, Any]]:
    name = RENAMED.get(kind, kind.__name__)
    realtime = name in REALTIME["messages"] and kind not in (MatchListing, PartyListing)
    found: list[dict[str, Any]] = (REALTIME if realtime else API)["messages"][name]
    return found


def wire_type(field: Field) -> str:
    if field.type is not None:
        return field.type.__name__
    name = _WRAPPERS[field.kind] if field.wrapper else _SCALARS.get(field.kind, field.kind)
    return f"map<string,{name}>" if field.map else name


@pytest.mark.parametrize(
    "kind", [kind for kind in declared_types() if kind not in OURS], ids=lambda kind: kind.__name__
)
def test_every_message_has_the_wires_fields(kind: type[Message]) -> None:
    declared = [(field.name, field.number, wire_type(field), field.repeated, field.oneof) for field in fields(kind)]
    facts = [
        (
            fact["name"],
            fact["number"],
            fact["type"].removeprefix("api."),
            fact.get("repeated", False),
            fact.get("oneof"),
        )
        for fact in facts_of(kind)
    ]
    renamed = {"MatchList": {"Match": "MatchListing"}, "PartyList": {"Party": "PartyListing"}}.get(kind.__name__, {})
    assert declared == [(name, number, renamed.get(type_, type_), *rest) for name, number, type_, *rest in facts]


def test_every_message_of_the_facts_is_declared() -> None:
    declared = {RENAMED.get(kind, kind.__name__) for kind in declared_types()}
    unused = {"Envelope", "AccountRefresh", "Leaderboard", "LeaderboardList", "DeleteStorageObjectId"}
    missing = (API["messages"].keys() | REALTIME["messages"].keys()) - declared - unused
    assert [name for name in missing if not COMPETITION.search(name)] == []


def test_every_operation_is_where_clients_look_for_it() -> None:
    declared = {
        (
            operation.name,
            binding.method,
            binding.path,
            binding.body,
            RENAMED.get(operation.request, operation.request.__name__),
            RENAMED.get(operation.response, operation.response.__name__),
        )
        for operation in OPERATIONS.values()
        for binding in operation.bindings
        if not operation.extension
    }
    facts = {
        (
            fact["operation"],
            fact["method"],
            fact["path"],
            fact["body"],
            str(fact["request"]).removeprefix("api."),
            str(fact["response"]).removeprefix("api."),
        )
        for fact in ENDPOINTS
        if not COMPETITION.search(str(fact["operation"]))
    }
    assert declared == facts


def test_every_envelope_field_has_its_number_and_type() -> None:
    facts = {
        fact["name"]: (fact["number"], fact["type"].removeprefix("api."))
        for fact in REALTIME["messages"]["Envelope"]
        if fact["name"] != "cid"
    }
    assert {name: (number, kind.__name__) for name, (number, kind) in ENVELOPE.items()} == facts


def test_what_is_both_sent_and_received_is_the_same_on_both_ways() -> None:
    for name in MESSAGES.keys() & EVENTS.keys():
        assert (MESSAGES[name].number, MESSAGES[name].type) == (EVENTS[name].number, EVENTS[name].type)


def test_every_answer_is_something_the_server_sends() -> None:
    sent = {event.type for event in EVENTS.values()}
    for message in MESSAGES.values():
        assert message.reply in sent | {Nothing, Silent}, message.name


def test_enum_values_are_the_wires() -> None:
    assert {member.name: member.value for member in Operator} == API["enums"]["Operator"]
    assert {member.name: member.value for member in ChannelType} == REALTIME["enums"]["ChannelJoin.Type"]
    assert {member.name: member.value for member in FriendState} == API["enums"]["Friend.State"]
    assert {member.name: member.value for member in ErrorCode} == REALTIME["enums"]["Error.Code"]
    seen_by_all = {role.name: role.value for role in GroupRole if role is not GroupRole.BANNED}
    assert seen_by_all == API["enums"]["GroupUserList.GroupUser.State"] == API["enums"]["UserGroupList.UserGroup.State"]


def test_only_authentication_refresh_and_recovery_take_the_server_key() -> None:
    with_key = {name for name, operation in OPERATIONS.items() if operation.auth is Auth.SERVER_KEY}
    assert with_key == {
        "AuthenticateApple",
        "AuthenticateCustom",
        "AuthenticateDevice",
        "AuthenticateEmail",
        "AuthenticateFacebook",
        "AuthenticateFacebookInstantGame",
        "AuthenticateGameCenter",
        "AuthenticateGoogle",
        "AuthenticateOpenId",
        "AuthenticateSteam",
        "RequestPasswordReset",
        "ResetPassword",
        "SessionRefresh",
        "VerifyEmail",
    }
    assert [name for name, operation in OPERATIONS.items() if operation.auth is Auth.NOBODY] == ["Healthcheck"]


def test_a_message_knows_its_place_in_the_envelope() -> None:
    assert name_of(ChannelMessageAck) == "channel_message_ack"
    with pytest.raises(KeyError):
        name_of(Nothing)


def test_no_name_is_declared_twice() -> None:
    operations = [operation for capability in CAPABILITIES for operation in capability.OPERATIONS]
    received = [message for capability in CAPABILITIES for message in capability.MESSAGES]
    sent = [event for capability in CAPABILITIES for event in capability.EVENTS]
    assert (len(operations), len(received), len(sent)) == (len(OPERATIONS), len(MESSAGES), len(EVENTS))


def test_everything_is_described_for_the_reference() -> None:
    for kind in declared_types():
        assert "__doc__" in vars(kind), kind.__name__
        assert kind.__doc__, kind.__name__
    summaries = [entry.summary for table in (OPERATIONS, MESSAGES, EVENTS) for entry in table.values()]
    assert all(summary.endswith(".") for summary in summaries)
