"""The API as a client's generated code has it: made of the published names and numbers, and of nothing of ours.

`client = Api(channel)`, then `client.call("GetUsers", token, usernames=["ann"]).users[0].id`.
"""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, message_factory, timestamp_pb2, wrappers_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message

FACTS = Path(__file__).parents[1] / "protocol" / "facts"
API: dict[str, Any] = json.loads((FACTS / "api.json").read_text())
OPERATIONS: dict[str, tuple[str, str]] = {
    fact["operation"]: (fact["request"].removeprefix("api."), fact["response"].removeprefix("api."))
    for fact in json.loads((FACTS / "endpoints.json").read_text())
}
"""Each operation's request and answer."""

SERVER_KEY = "Basic " + b64encode(b"defaultkey:").decode()
ANSWER_SECONDS_MAX = 20.0

_GOOGLES = (empty_pb2, timestamp_pb2, wrappers_pb2)


class Published:
    """The classes of the messages, by name: `published["WriteStorageObjectsRequest"]`."""

    def __init__(self) -> None:
        self._file = FileDescriptorProto(name="api.proto", package="nakama.api", syntax="proto3")
        self._pool = DescriptorPool()
        for module in _GOOGLES:
            self._file.dependency.append(module.DESCRIPTOR.name)
            self._pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
        for name, values in API["enums"].items():
            if "." not in name:
                enum = self._file.enum_type.add(name=name)
                for text, number in values.items():
                    enum.value.add(name=f"{name}_{text}", number=number)
        for name in sorted(API["messages"]):  # what lies in another message comes after it
            self._add(name)
        self._pool.Add(self._file)

    def __getitem__(self, name: str) -> type[Message]:
        package = "google.protobuf" if name == "Empty" else "nakama.api"
        return message_factory.GetMessageClass(self._pool.FindMessageTypeByName(f"{package}.{name}"))

    def _add(self, name: str) -> None:
        *outer, own = name.split(".")
        into: Any = self._file.message_type
        for part in outer:
            into = next(message for message in into if message.name == part).nested_type
        message = into.add(name=own)
        for fact in API["messages"][name]:
            self._add_field(message, fact, name)

    def _add_field(self, message: DescriptorProto, fact: dict[str, Any], of: str) -> None:
        field = message.field.add(name=fact["name"], number=fact["number"])
        kind = fact["type"]
        field.label = field.LABEL_REPEATED if fact.get("repeated") else field.LABEL_OPTIONAL
        if kind == "map<string,string>":
            entry = message.nested_type.add(name="".join(map(str.capitalize, fact["name"].split("_"))) + "Entry")
            entry.options.map_entry = True
            for number, name in enumerate(("key", "value"), 1):
                entry.field.add(name=name, number=number, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
            field.label, field.type, field.type_name = field.LABEL_REPEATED, field.TYPE_MESSAGE, entry.name
        elif kind in ("string", "bool", "bytes", "int32", "uint32", "int64", "double"):
            field.type = FieldDescriptorProto.Type.Value(f"TYPE_{kind.upper()}")
        elif kind == "Timestamp" or kind.endswith("Value"):
            field.type, field.type_name = field.TYPE_MESSAGE, f".google.protobuf.{kind}"
        elif kind in API["enums"]:
            field.type, field.type_name = field.TYPE_ENUM, f".nakama.api.{kind}"
        else:
            inner = f"{of}.{kind}" if f"{of}.{kind}" in API["messages"] else kind
            field.type, field.type_name = field.TYPE_MESSAGE, f".nakama.api.{inner}"


PUBLISHED = Published()


SERVICE = "nakama.api.Nakama"


class Api:
    """A client of the published service."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel

    def call(self, operation: str, authorization: str = "", /, **values: Any) -> Any:
        """Call an operation with the fields of its request. Raises grpc.RpcError."""
        request, response = OPERATIONS[operation]
        data = PUBLISHED[request](**values).SerializeToString()
        return PUBLISHED[response].FromString(self.begin(operation, data, authorization).result())

    def begin(self, operation: str, data: bytes = b"", authorization: str = "", service: str = SERVICE) -> Any:
        """Begin to call an operation with any bytes; the future knows the answer, or `code()` and `details()`."""
        metadata = [("authorization", authorization)] if authorization else []
        method = self._channel.unary_unary(f"/{service}/{operation}")
        return method.future(data, metadata=metadata, timeout=ANSWER_SECONDS_MAX)

    def login(self, device_id: str) -> str:
        """Log a player in; gives what to show from then on."""
        session = self.call("AuthenticateDevice", SERVER_KEY, account={"id": device_id})
        return f"Bearer {session.token}"
