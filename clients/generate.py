"""Writes the JavaScript client of the operations that go beyond the common protocol: `make clients`.

What it says of each operation comes from the declarations in `supergame.protocol`; how a call is made is written by
hand in `js/transport.js`.
"""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, TypeAlias

from supergame.protocol.catalogue import OPERATIONS
from supergame.protocol.operation import Auth, Operation
from supergame.protocol.parameters import path_names
from supergame.protocol.types import Empty, Field, Kind, Message, fields

FOLDER: Final = Path(__file__).with_name("js")
LINE_CHARACTERS_MAX: Final = 120

Declared: TypeAlias = Operation[Message, Message]

_KEYS: Final = {Auth.SERVER_KEY: "server", Auth.SESSION: "session", Auth.SESSION_OR_HTTP_KEY: "session"}
_NUMBERS: Final = ("int32", "uint32", "double", "enum")
_GIVEN: Final[Mapping[Kind, str]] = {
    "string": "string",
    "bool": "boolean",
    "bytes": "Uint8Array",
    "int32": "number",
    "uint32": "number",
    "int64": "bigint",
    "double": "number",
    "timestamp": "Date",
}
_TAKEN: Final[Mapping[Kind, str]] = {**_GIVEN, "int64": "bigint | number | string"}

_JS: Final = """\
// Made by clients/generate.py of the server's own declarations: `make clients` makes it anew.
import {{ Transport }} from "./transport.js";

export {{ SupergameError }} from "./transport.js";
{enums}
const TYPES = {types};

const OPERATIONS = {operations};

/** The operations of supergame that go beyond the common client protocol. */
export class SupergameClient {{
  #server;

  constructor(config) {{
    this.#server = new Transport(OPERATIONS, TYPES, config);
  }}

{methods}
}}
"""

_TYPES: Final = """\
// Made by clients/generate.py of the server's own declarations: `make clients` makes it anew.
import type {{ CallOptions, Config, SessionToken }} from "./transport.js";

export type {{ CallOptions, Config, SessionToken }} from "./transport.js";
export {{ SupergameError }} from "./transport.js";

{declarations}

/** The operations of supergame that go beyond the common client protocol. */
export class SupergameClient {{
  #private;
  constructor(config?: Config);

{methods}
}}
"""


def extensions() -> list[Declared]:
    """The operations that the client is for."""
    return [operation for operation in OPERATIONS.values() if operation.extension]


def files(operations: Sequence[Declared]) -> dict[str, str]:
    """The generated files of a client for some operations: name -> content."""
    requests = _within(operation.request for operation in operations)
    answers = _within(operation.response for operation in operations)
    everything = [*requests, *(kind for kind in answers if kind not in requests)]
    enums = list(dict.fromkeys(kind for message in everything for kind in _enums(message)))
    javascript = _JS.format(
        enums="".join(f"\n{_enum_value(kind)}\n" for kind in enums),
        types=_table({kind.__name__: {field.name: _shape(field) for field in fields(kind)} for kind in everything}),
        operations=_table({operation.name: _entry(operation) for operation in operations}),
        methods="\n\n".join(map(_method, operations)),
    )
    declarations = [
        *map(_enum_type, enums),
        *(_taken_interface(kind, answers, operations) for kind in requests if fields(kind)),
        *(_given_interface(kind) for kind in answers if fields(kind)),
    ]
    types = _TYPES.format(
        declarations="\n\n".join(declarations),
        methods="\n\n".join(_signature(operation, answers) for operation in operations),
    )
    return {"supergame.js": javascript, "supergame.d.ts": types}


def _within(kinds: Iterable[type[Message]]) -> list[type[Message]]:
    """Some messages and all that they hold, each once."""
    found: dict[type[Message], None] = {}

    def add(kind: type[Message]) -> None:
        if kind not in found:
            found[kind] = None
            for field in fields(kind):
                if field.kind == "message":
                    add(field.type)  # type: ignore[arg-type]

    for kind in kinds:
        add(kind)
    return list(found)


def _enums(message: type[Message]) -> Iterator[type[IntEnum]]:
    for field in fields(message):
        if field.kind == "enum":
            yield field.type  # type: ignore[misc]


# What the module does


def _shape(field: Field) -> str:
    """A field as `transport.js` reads and writes it."""
    kind = field.type.__name__ if field.kind == "message" and field.type else field.kind
    if field.kind in _NUMBERS:
        kind = "number"
    if field.repeated or field.map:
        return kind + ("[]" if field.repeated else "{}")
    return kind + ("?" if _knows(field) else "")


def _knows(field: Field) -> bool:
    """Whether a field may be without a value."""
    return field.wrapper or field.oneof is not None or field.kind in ("message", "timestamp")


def _entry(operation: Declared) -> dict[str, Any]:
    binding = operation.bindings[0]
    entry = {
        "method": binding.method,
        "path": binding.path,
        "key": _KEYS.get(operation.auth),
        "body": binding.body,
        "request": operation.request.__name__,
        "response": None if operation.response is Empty else operation.response.__name__,
    }
    return {name: value for name, value in entry.items() if value}


def _method(operation: Declared) -> str:
    parameters, session, request = ["options"], "undefined", "{}"
    if fields(operation.request):
        parameters.insert(0, request := "request")
    if _KEYS.get(operation.auth) == "session":
        parameters.insert(0, session := "session")
    call = f'this.#server.call("{operation.name}", {session}, {request}, options)'
    return f"  {_camel(operation.name)}({', '.join(parameters)}) {{\n    return {call};\n  }}"


def _enum_value(kind: type[IntEnum]) -> str:
    return f"export const {kind.__name__} = Object.freeze({_inline({each.name: each.value for each in kind})});"


# What the types say


def _signature(operation: Declared, answers: Sequence[type[Message]]) -> str:
    parameters = ["options?: CallOptions"]
    if fields(operation.request):
        parameters.insert(0, f"request: {_taken_name(operation.request, answers)}")
    if _KEYS.get(operation.auth) == "session":
        parameters.insert(0, "session: SessionToken")
    answer = "void" if operation.response is Empty else operation.response.__name__
    return f"{_comment(operation.summary, '  ')}  {_camel(operation.name)}({', '.join(parameters)}): Promise<{answer}>;"


def _taken_name(kind: type[Message] | type[IntEnum], answers: Sequence[type[Message]]) -> str:
    """What the type of a message is called that is sent; one that is received as well has two."""
    return f"{kind.__name__}Input" if kind in answers else kind.__name__


def _taken_interface(kind: type[Message], answers: Sequence[type[Message]], operations: Sequence[Declared]) -> str:
    """The type of a message that is sent: nothing in it is needed but what the path holds."""
    needed = {name for each in operations if each.request is kind for name in path_names(each.bindings[0].path)}
    lines = []
    for field in fields(kind):
        one = _TAKEN[field.kind] if field.type is None else _taken_name(field.type, answers)
        lines.append(f"  {field.name}{'' if field.name in needed else '?'}: {_many(field, one)};")
    return _interface(kind, _taken_name(kind, answers), lines)


def _given_interface(kind: type[Message]) -> str:
    """The type of a message that is received: what the wire leaves out at its default is filled in."""
    lines = []
    for field in fields(kind):
        one = _GIVEN[field.kind] if field.type is None else field.type.__name__
        may_lack = _knows(field) and not (field.repeated or field.map)
        lines.append(f"  {field.name}{'?' if may_lack else ''}: {_many(field, one)};")
    return _interface(kind, kind.__name__, lines)


def _interface(kind: type[Message], name: str, lines: Sequence[str]) -> str:
    return "\n".join([f"{_comment(_doc(kind))}export interface {name} {{", *lines, "}"])


def _many(field: Field, one: str) -> str:
    if field.map:
        return f"Record<string, {one}>"
    return f"Array<{one}>" if field.repeated else one


def _enum_type(kind: type[IntEnum]) -> str:
    members = " ".join(f"readonly {member.name}: {member.value};" for member in kind)
    union = " | ".join(str(member.value) for member in kind)
    name = kind.__name__
    return f"{_comment(_doc(kind))}export const {name}: {{ {members} }};\nexport type {name} = {union};"


def _doc(kind: type) -> str:
    return " ".join((inspect.getdoc(kind) or "").split())


def _comment(text: str, indent: str = "") -> str:
    line = f"{indent}/** {text} */\n"
    if len(line) <= LINE_CHARACTERS_MAX:
        return line
    starred = textwrap.wrap(text, LINE_CHARACTERS_MAX, initial_indent=f"{indent} * ", subsequent_indent=f"{indent} * ")
    return "\n".join([f"{indent}/**", *starred, f"{indent} */", ""])


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]


def _table(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """An object of objects: each on a line of its own, or on several where it is long."""
    lines = []
    for name, entry in entries.items():
        line = f"  {name}: {_inline(entry)},"
        if len(line) > LINE_CHARACTERS_MAX:
            inner = "".join(f"    {key}: {json.dumps(value)},\n" for key, value in entry.items())
            line = f"  {name}: {{\n{inner}  }},"
        lines.append(line)
    return "\n".join(["{", *lines, "}"])


def _inline(entry: Mapping[str, Any]) -> str:
    inner = ", ".join(f"{key}: {json.dumps(value)}" for key, value in entry.items())
    return f"{{ {inner} }}" if inner else "{}"


if __name__ == "__main__":
    for name, content in files(extensions()).items():
        (FOLDER / name).write_text(content, encoding="utf-8")
