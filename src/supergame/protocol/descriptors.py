"""Our declarations as Google's library wants them: a descriptor for each type of message, and the class made of it.

Importing this loads Google's library: some milliseconds and megabytes that only those need who speak protobuf.
"""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import Any, Final, TypeAlias

from google.protobuf import message_factory, timestamp_pb2, wrappers_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message

from supergame.protocol.catalogue import CID_NUMBER, ENVELOPE, ENVELOPE_GROUP
from supergame.protocol.types import Field, Kind, fields
from supergame.protocol.types import Message as Declared

MessageClass: TypeAlias = type[Message]

_SCALARS: Final[dict[Kind, FieldDescriptorProto.Type.ValueType]] = {
    "string": FieldDescriptorProto.TYPE_STRING,
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "bytes": FieldDescriptorProto.TYPE_BYTES,
    "int32": FieldDescriptorProto.TYPE_INT32,
    "uint32": FieldDescriptorProto.TYPE_UINT32,
    "int64": FieldDescriptorProto.TYPE_INT64,
    "double": FieldDescriptorProto.TYPE_DOUBLE,
    "enum": FieldDescriptorProto.TYPE_INT32,  # the same bytes; which values there are is ours to say
}
_WRAPPERS: Final[dict[Kind, str]] = {
    "string": "StringValue",
    "bool": "BoolValue",
    "bytes": "BytesValue",
    "int32": "Int32Value",
    "uint32": "UInt32Value",
    "int64": "Int64Value",
    "double": "DoubleValue",
}

_pool: Final = DescriptorPool()
for _module in (timestamp_pb2, wrappers_pb2):
    _pool.AddSerializedFile(_module.DESCRIPTOR.serialized_pb)

_numbers: Final = count()


class _File:
    """One message's own file, in a package of its own: types that are named alike do not meet."""

    def __init__(self, name: str) -> None:
        package = f"supergame.n{next(_numbers)}"
        imports = [_module.DESCRIPTOR.name for _module in (timestamp_pb2, wrappers_pb2)]
        self._file = FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3", dependency=imports)
        self._message = self._file.message_type.add(name=name)
        self._full_name = f"{package}.{name}"
        self._groups: dict[str, int] = {}

    def add(self, field: Field) -> None:
        """Give the message a field."""
        if field.map:
            entry = self._message.nested_type.add(name=f"{field.json_name[0].upper()}{field.json_name[1:]}Entry")
            entry.options.map_entry = True
            entry.field.add(name="key", number=1, type=FieldDescriptorProto.TYPE_STRING)
            entry.field.add(name="value", number=2, **self._type(field))
            type_: dict[str, Any] = {"type_name": f".{self._full_name}.{entry.name}"}
        else:
            type_ = self._type(field)
        added = self._message.field.add(name=field.name, number=field.number, **type_)
        if field.repeated or field.map:
            added.label = FieldDescriptorProto.LABEL_REPEATED
        if field.oneof:
            if field.oneof not in self._groups:
                self._groups[field.oneof] = len(self._groups)
                self._message.oneof_decl.add(name=field.oneof)
            added.oneof_index = self._groups[field.oneof]

    def _type(self, field: Field) -> dict[str, Any]:
        """The type of one value of a field, as the arguments of its descriptor."""
        if field.kind == "message":
            found = message_class(field.type).DESCRIPTOR
            if found.file.name not in self._file.dependency:
                self._file.dependency.append(found.file.name)
            return {"type_name": f".{found.full_name}"}
        if field.kind == "timestamp":
            return {"type_name": f".{timestamp_pb2.Timestamp.DESCRIPTOR.full_name}"}
        if field.wrapper:
            return {"type_name": f".google.protobuf.{_WRAPPERS[field.kind]}"}
        return {"type": _SCALARS[field.kind]}

    def finish(self) -> MessageClass:
        """Make the class of the message."""
        _pool.AddSerializedFile(self._file.SerializeToString())
        return message_factory.GetMessageClass(_pool.FindMessageTypeByName(self._full_name))


@cache
def message_class(kind: type[Declared]) -> MessageClass:
    """Google's class for one of our types, made when it is first asked for."""
    file = _File(kind.__name__)
    for field in fields(kind):
        file.add(field)
    return file.finish()


@cache
def envelope_class() -> MessageClass:
    """The class of the envelope: the cid, and one of all that sockets carry."""
    file = _File("Envelope")
    file.add(Field("cid", CID_NUMBER, "string"))
    for name, (number, kind) in ENVELOPE.items():
        file.add(Field(name, number, "message", kind, oneof=ENVELOPE_GROUP))
    return file.finish()
