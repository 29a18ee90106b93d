"""Who fits a ticket: all tickets of one matchmaker pass, with indexes made as queries ask for them.

The tickets do not change during a pass, they only go; so an index is built once, by one look at every ticket,
and never kept up to date. And tickets with the same query, which most have, share what is found for it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator

from supergame.features.matchmaker.ticket import Ticket
from supergame.protocol.querytree import Exactly, Number, QueryTree, Range


class _Line:
    """Some tickets' positions, in an order that matters; those that have gone are jumped over.

    `_next` leads from a place to one further on, by way of which all are gone, and is shortened whenever it is
    walked (R. E. Tarjan, "Efficiency of a good but not linear set union algorithm", 1975): so a line whose
    front is long gone costs nothing to begin anew.
    """

    __slots__ = ("_gone", "_next", "positions")

    def __init__(self, positions: list[int], gone: bytearray) -> None:
        self.positions = positions
        self._gone = gone
        self._next = list(range(len(positions) + 1))

    def append(self, position: int) -> None:
        """Make the line longer."""
        self.positions.append(position)
        self._next.append(len(self.positions))

    def first_from(self, place: int) -> int:
        """The first place from `place` on whose ticket is still there, or the line's length."""
        walked = []
        while place < len(self.positions):
            further = self._next[place]
            if further == place:
                if not self._gone[self.positions[place]]:
                    break
                further = place + 1
            walked.append(place)
            place = further
        for passed in walked:
            self._next[passed] = place
        return place

    def between(self, first: int, last: int) -> Iterator[int]:
        """The positions, still there, at places from `first` up to before `last`."""
        place = self.first_from(first)
        while place < last:
            yield self.positions[place]
            place = self.first_from(place + 1)


class _Hits:
    """The tickets that fit one query, best first, found only as far as somebody has asked."""

    __slots__ = ("_source", "line")

    def __init__(self, source: Iterator[int], gone: bytearray) -> None:
        self.line = _Line([], gone)
        self._source = source

    def first_from(self, place: int) -> int | None:
        """The first place from `place` on whose ticket is still there, None when there is none."""
        place = self.line.first_from(place)
        while place == len(self.line.positions):
            position = next(self._source, None)
            if position is None:
                return None
            self.line.append(position)
            place = self.line.first_from(place)
        return place


class _Numbers:
    """A numeric field's values in order, and whose they are: no ticket has more than one in a field."""

    __slots__ = ("line", "values")

    def __init__(self, owned: list[tuple[float, int]], gone: bytearray) -> None:
        owned.sort()
        self.values = [value for value, _ in owned]
        self.line = _Line([position for _, position in owned], gone)

    def slice(self, test: Range) -> tuple[int, int]:
        """Between which places the values are that a range asks for."""
        assert isinstance(test.bound, float)
        match test.operator:
            case ">":
                return bisect_right(self.values, test.bound), len(self.values)
            case ">=":
                return bisect_left(self.values, test.bound), len(self.values)
            case "<":
                return 0, bisect_left(self.values, test.bound)
            case "<=":
                return 0, bisect_right(self.values, test.bound)


class Candidates:
    """Tickets of a pass, oldest first."""

    def __init__(self, tickets: list[Ticket]) -> None:
        self.evaluations = 0
        """How often a query has been asked about a ticket."""
        self._tickets = tickets
        self._gone = bytearray(len(tickets))
        self._everyone = _Line(list(range(len(tickets))), self._gone)
        self._hits: dict[QueryTree, _Hits] = {}
        self._terms: dict[str, dict[str | float, _Line]] = {}
        self._numbers: dict[str, _Numbers] = {}
        self._positions = {ticket.id: position for position, ticket in enumerate(tickets)}

    def drop(self, ticket: Ticket) -> None:
        """It has been matched or taken back: nobody is offered it any more."""
        position = self._positions.get(ticket.id)
        if position is not None:
            self._gone[position] = 1

    def has(self, ticket: Ticket) -> bool:
        """Whether one of them is still there."""
        return not self._gone[self._positions[ticket.id]]

    def fitting(self, ticket: Ticket, eligible: Callable[[Ticket], bool]) -> Iterator[Ticket]:
        """Eligible tickets that fit its query, best score first, of equal ones the oldest first."""
        hits = self._hits.get(ticket.query)
        if hits is None:
            hits = self._hits[ticket.query] = _Hits(self._find(ticket.query), self._gone)
        place = hits.first_from(0)
        while place is not None:
            other = self._tickets[hits.line.positions[place]]
            if other is not ticket and eligible(other):
                yield other
            place = hits.first_from(place + 1)

    def _find(self, query: QueryTree) -> Iterator[int]:
        """Positions of tickets that fit, in their order."""
        if query.fixed_score is not None:
            for position in self._walk(query):
                self.evaluations += 1
                if query.matches(self._tickets[position].document):
                    yield position
            return
        ranked: list[tuple[float, int]] = []
        for position in self._walk(query):
            self.evaluations += 1
            score = query.rank(self._tickets[position].document)
            if score is not None:
                ranked.append((-score, position))
        ranked.sort()
        yield from (position for _, position in ranked)

    def _walk(self, query: QueryTree) -> Iterator[int]:
        """Positions, oldest first, among which are all that can fit.

        It begins along the shortest line of tickets that have a value the query must have. Where the query
        also must have numbers in a range, and the walk has become longer than that range, it goes on with the
        range's tickets instead, brought into order: whichever is the better way, at most twice its cost.
        """
        line = self._shortest_line(query)
        narrow = self._narrowest_range(query)
        last, walked = -1, 0
        for position in line.between(0, len(line.positions)):
            if narrow is not None and walked >= narrow[2] - narrow[1]:
                yield from sorted(other for other in narrow[0].between(*narrow[1:]) if other > last)
                return
            yield position
            last, walked = position, walked + 1

    def _shortest_line(self, query: QueryTree) -> _Line:
        shortest = self._everyone
        for clause in query.required:
            if clause.field is None:
                continue
            match clause.test:
                case Exactly(text):
                    keys: list[str | float] = [text]
                case Number(text):
                    keys = [text, clause.test.value]
                case _:
                    continue
            lines = [line for key in keys if (line := self._terms_of(clause.field).get(key))]
            if not lines:
                return _Line([], self._gone)
            if len(lines) == 1 and len(lines[0].positions) < len(shortest.positions):
                shortest = lines[0]
        return shortest

    def _narrowest_range(self, query: QueryTree) -> tuple[_Line, int, int] | None:
        slices: dict[str, tuple[int, int]] = {}
        for clause in query.required:
            if clause.field is None or not isinstance(clause.test, Range) or not isinstance(clause.test.bound, float):
                continue
            numbers = self._numbers_of(clause.field)
            first, last = numbers.slice(clause.test)
            other_first, other_last = slices.get(clause.field, (0, len(numbers.values)))
            first = max(first, other_first)
            slices[clause.field] = first, max(first, min(last, other_last))
        if not slices:
            return None
        name = min(slices, key=lambda name: slices[name][1] - slices[name][0])
        return self._numbers[name].line, *slices[name]

    def _terms_of(self, name: str) -> dict[str | float, _Line]:
        if name not in self._terms:
            positions: dict[str | float, list[int]] = {}
            for position, ticket in enumerate(self._tickets):
                value = ticket.document.get(name)
                for one in value if isinstance(value, list) else (value,):
                    if isinstance(one, str | float):
                        mine = positions.setdefault(one, [])
                        if not mine or mine[-1] != position:
                            mine.append(position)
            self._terms[name] = {key: _Line(mine, self._gone) for key, mine in positions.items()}
        return self._terms[name]

    def _numbers_of(self, name: str) -> _Numbers:
        if name not in self._numbers:
            owned: list[tuple[float, int]] = []
            for position, ticket in enumerate(self._tickets):
                value = ticket.document.get(name)
                values = value if isinstance(value, list) else [value]
                # NaN, which is not itself, is in no range and has no place in an order.
                owned += [(one, position) for one in values if isinstance(one, float) and one == one]
            self._numbers[name] = _Numbers(owned, self._gone)
        return self._numbers[name]
