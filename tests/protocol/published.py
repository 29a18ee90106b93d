"""The protocol's messages as a client's generated code has them: of the published numbers, and of nothing of ours.

`API["Account"]` and `REALTIME["Envelope"]` are classes of Google's library, made of `facts/*.json`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from google.protobuf import empty_pb2, message_factory, timestamp_pb2, wrappers_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message

FACTS = Path(__file__).with_name("facts")

_GOOGLES = (empty_pb2, timestamp_pb2, wrappers_pb2)
_API_PACKAGE = "nakama.api"


class Published:
    """The classes of the messages of one file, by name; those inside another as `Outer.Inner`."""

    def __init__(self, name: str, package: str, pool: DescriptorPool) -> None:
        facts: dict[str, Any] = json.loads((FACTS / f"{name}.json").read_text())
        self.package, self.messages, self._enums = package, facts["messages"], facts["enums"]
        self._pool = pool
        imports = [module.DESCRIPTOR.name for module in _GOOGLES]
        if package != _API_PACKAGE:
            imports.append("api.proto")
        self._file = FileDescriptorProto(name=f"{name}.proto", package=package, syntax="proto3", dependency=imports)
        for enum, values in self._enums.items():
            if "." not in enum:
                added = self._file.enum_type.add(name=enum)
                for text, number in values.items():
                    added.value.add(name=f"{enum}_{text}", number=number)
        for message in sorted(self.messages):  # what lies in another message comes after it
            self._add(message)
        pool.Add(self._file)

    def __getitem__(self, name: str) -> type[Message]:
        package = "google.protobuf" if name == "Empty" else self.package
        return message_factory.GetMessageClass(self._pool.FindMessageTypeByName(f"{package}.{name}"))

    def _add(self, name: str) -> None:
        *outer, own = name.split(".")
        into: Any = self._file.message_type
        for part in outer:
            into = next(message for message in into if message.name == part).nested_type
        message = into.add(name=own)
        for fact in self.messages[name]:
            self._add_field(message, fact, name)

    def _add_field(self, message: DescriptorProto, fact: dict[str, Any], of: str) -> None:
        field = message.field.add(name=fact["name"], number=fact["number"])
        field.label = field.LABEL_REPEATED if fact.get("repeated") else field.LABEL_OPTIONAL
        group = fact.get("oneof")
        if group:
            if group not in [known.name for known in message.oneof_decl]:
                message.oneof_decl.add(name=group)
            field.oneof_index = [known.name for known in message.oneof_decl].index(group)
        kind = fact["type"]
        if kind.startswith("map<string,"):
            entry = message.nested_type.add(name="".join(map(str.capitalize, fact["name"].split("_"))) + "Entry")
            entry.options.map_entry = True
            for number, (name, of_what) in enumerate((("key", "string"), ("value", kind[11:-1])), 1):
                type_ = FieldDescriptorProto.Type.Value(f"TYPE_{of_what.upper()}")
                entry.field.add(name=name, number=number, type=type_, label=field.LABEL_OPTIONAL)
            field.label, field.type, field.type_name = field.LABEL_REPEATED, field.TYPE_MESSAGE, entry.name
        elif kind in ("string", "bool", "bytes", "int32", "uint32", "int64", "double"):
            field.type = FieldDescriptorProto.Type.Value(f"TYPE_{kind.upper()}")
        elif kind == "Timestamp" or kind.endswith("Value"):
            field.type, field.type_name = field.TYPE_MESSAGE, f".google.protobuf.{kind}"
        elif kind in self._enums:
            field.type, field.type_name = field.TYPE_ENUM, f".{self.package}.{kind}"
        else:
            field.type, field.type_name = field.TYPE_MESSAGE, self._message(kind, of)

    def _message(self, kind: str, of: str) -> str:
        """The full name of a message that is a field's type."""
        if kind.startswith("api."):
            return f".{_API_PACKAGE}.{kind.removeprefix('api.')}"
        return f".{self.package}.{of}.{kind}" if f"{of}.{kind}" in self.messages else f".{self.package}.{kind}"


_pool = DescriptorPool()
for _module in _GOOGLES:
    _pool.AddSerializedFile(_module.DESCRIPTOR.serialized_pb)
API = Published("api", _API_PACKAGE, _pool)
REALTIME = Published("realtime", "nakama.realtime", _pool)
