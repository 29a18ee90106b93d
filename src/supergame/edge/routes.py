"""Where requests go: a dict for paths that are what they are, a small tree of segments for those with {names}."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias
from urllib.parse import unquote

from supergame.edge.request import Request, Response

Target: TypeAlias = Callable[[Request], Response | Awaitable[Response]]

_NOTHING: Mapping[str, str] = {}


class _Leaf(NamedTuple):
    target: Target
    names: tuple[str, ...]


class _Node:
    __slots__ = ("any", "children", "leaves")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.any: _Node | None = None
        self.leaves: dict[str, _Leaf] = {}


class Routes:
    """A table of routes: method and pattern (`/v2/storage/{collection}`) -> target."""

    def __init__(self) -> None:
        self._exact: dict[str, dict[str, Target]] = {}
        self._root = _Node()
        self._depth_max = 0

    def add(self, method: str, pattern: str, target: Target) -> None:
        """Add a route. Raises ValueError for a pattern that does not begin with "/" or is taken."""
        if not pattern.startswith("/"):
            raise ValueError(f"The path of a route begins with a slash: {pattern!r}")
        taken = ValueError(f"There is a route for {method} {pattern} already")
        if "{" not in pattern:
            targets = self._exact.setdefault(pattern, {})
            if method in targets:
                raise taken
            targets[method] = target
            return
        node, names = self._root, []
        segments = pattern[1:].split("/")
        for segment in segments:
            if segment.startswith("{") and segment.endswith("}"):
                names.append(segment[1:-1])
                node.any = node = node.any or _Node()
            else:
                node = node.children.setdefault(segment, _Node())
        if method in node.leaves:
            raise taken
        node.leaves[method] = _Leaf(target, tuple(names))
        self._depth_max = max(self._depth_max, len(segments))

    def find(self, method: str, path: str) -> tuple[Target, Mapping[str, str]] | None:
        """The target for a request, and what its pattern names in the path, decoded."""
        targets = self._exact.get(path)
        if targets is not None:
            target = targets.get(method)
            if target is not None:
                return target, _NOTHING
        segments = path[1:].split("/", self._depth_max)
        leaf, values = self._straight(method, segments)
        if leaf is not None:
            return leaf.target, dict(zip(leaf.names, map(unquote, values), strict=True))
        for node, values in _walk(self._root, segments, 0, ()):
            leaf = node.leaves.get(method)
            if leaf is not None:
                return leaf.target, dict(zip(leaf.names, map(unquote, values), strict=True))
        return None

    def _straight(self, method: str, segments: list[str]) -> tuple[_Leaf | None, Sequence[str]]:
        """Go down the most literal way without looking left or right, which nearly always leads there."""
        node, values = self._root, []
        for segment in segments:
            child = node.children.get(segment)
            if child is None:
                child = node.any
                if child is None or not segment:
                    return None, ()
                values.append(segment)
            node = child
        return node.leaves.get(method), values

    def methods(self, path: str) -> list[str]:
        """The methods for which a path has a route, in alphabetical order."""
        found = set(self._exact.get(path, ()))
        for node, _ in _walk(self._root, path[1:].split("/", self._depth_max), 0, ()):
            found.update(node.leaves)
        return sorted(found)


def _walk(node: _Node, segments: list[str], at: int, values: tuple[str, ...]) -> list[tuple[_Node, tuple[str, ...]]]:
    """The nodes that a path may mean, the most literal first. As deep as the deepest pattern at most."""
    if at == len(segments):
        return [(node, values)]
    found: list[tuple[_Node, tuple[str, ...]]] = []
    child = node.children.get(segments[at])
    if child is not None:
        found += _walk(child, segments, at + 1, values)
    if node.any is not None and segments[at]:
        found += _walk(node.any, segments, at + 1, (*values, segments[at]))
    return found
