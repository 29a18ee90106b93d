"""The matchmaker's rules: which tickets wait, and which of them play together; no clock and no messages here.

A *pass* looks at every waiting ticket, oldest first, and tries to find others to fill a match with it. These
hold for every match it makes:

- There are at least two tickets, unless one party alone is as many as it asked for at most.
- Every other ticket fits the query of the ticket that was being looked at; with `mutual` every ticket fits
  every other one's query.
- The number of players suits each of the tickets: its `max_count`, or, once it has been in `max_intervals`
  passes, a multiple of its `count_multiple` from `min_count` on.
- No session and no party is in it twice; the players of one ticket stay together.

Others are taken in the order of their score by the query, and the oldest first among equals.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from supergame.core.errors import Conflict, NotFound, TooMany
from supergame.features.matchmaker.candidates import Candidates
from supergame.features.matchmaker.ticket import Ticket
from supergame.protocol.querytree import Clause, QueryTree

COMPLETIONS_KEPT = 10
"""Matched tickets that the statistics remember."""
WORK_PER_STEP = 1_000
"""Tickets, and documents that queries are asked about, before a pass lets others run: a few milliseconds."""
CANDIDATES_MAX = 1_000
"""Tickets that fit, and are eligible, of which one ticket's match is put together."""
CHOICES_MAX = 10_000
"""Candidates looked at, again and again included, to fill one match."""
EXPLAINED_TICKETS_MAX = 500
"""Other tickets, the oldest, that an explanation takes into account."""
EXPLAINED_CLAUSES_MAX = 8
"""Parts of a query, the first, that an explanation counts one by one."""


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """How a pool decides."""

    max_intervals: int = 2
    """From which pass on a ticket takes fewer than its `max_count` players."""
    mutual: bool = False
    """Whether tickets must fit each other's queries in both directions."""
    tickets_per_owner_max: int = 3
    """Tickets that one session, or one party, may have at a time."""
    tickets_max: int = 100_000
    """Tickets that may wait in all."""


@dataclass(frozen=True, slots=True)
class MatchedGroup:
    """Tickets that play together; the one whose query found the others is first."""

    tickets: tuple[Ticket, ...]

    @property
    def players(self) -> int:
        """How many players that makes."""
        return sum(ticket.size for ticket in self.tickets)


@dataclass(frozen=True, slots=True)
class Completion:
    """When a ticket was made, and when it was matched, in Unix microseconds."""

    created_at_us: int
    completed_at_us: int


@dataclass(frozen=True, slots=True)
class PoolStats:
    """How the pool is doing."""

    ticket_count: int
    oldest_created_at_us: int | None
    """When the ticket that waits longest was made; None when none waits."""
    completions: tuple[Completion, ...]
    """The latest matched tickets, the latest last."""


class _Supply:
    """One ticket's candidates, found as they are asked for and kept for the next match size."""

    __slots__ = ("_source", "found")

    def __init__(self, source: Iterator[Ticket]) -> None:
        self._source = source
        self.found: list[Ticket] = []

    def get(self, place: int) -> Ticket | None:
        """The candidate at a place, None beyond the last; places are asked for in order."""
        if place == len(self.found):
            candidate = next(self._source, None) if place < CANDIDATES_MAX else None
            if candidate is None:
                return None
            self.found.append(candidate)
        return self.found[place]


class Pool:
    """The tickets that wait."""

    def __init__(self, config: PoolConfig | None = None) -> None:
        self.config = config or PoolConfig()
        self._tickets: dict[str, Ticket] = {}
        self._by_claim: defaultdict[str, set[Ticket]] = defaultdict(set)
        self._completions: deque[Completion] = deque(maxlen=COMPLETIONS_KEPT)
        self._pass = 0
        self._offered: tuple[Candidates, ...] = ()
        """What the pass under way chooses from; empty between passes."""

    def __len__(self) -> int:
        return len(self._tickets)

    def add(self, ticket: Ticket) -> None:
        """Let a ticket wait.

        Raises TooMany when one of its sessions, its party or the pool has as many as allowed, and Conflict
        when the id is taken.
        """
        if ticket.id in self._tickets:
            raise Conflict("matchmaker ticket already exists")
        limit = self.config.tickets_per_owner_max
        if any(len(self._by_claim.get(claim, ())) >= limit for claim in ticket.claims):
            raise TooMany("matchmaker too many tickets")
        if len(self._tickets) >= self.config.tickets_max:
            raise TooMany("The matchmaker is full; please try again in a moment")
        ticket.changed_pass = self._pass + 1
        self._tickets[ticket.id] = ticket
        for claim in ticket.claims:
            self._by_claim[claim].add(ticket)

    def get(self, ticket_id: str) -> Ticket:
        """A waiting ticket. Raises NotFound."""
        ticket = self._tickets.get(ticket_id)
        if ticket is None:
            raise NotFound("matchmaker ticket not found")
        return ticket

    def remove(self, ticket_id: str) -> Ticket:
        """Take a ticket back; returns it. Raises NotFound."""
        ticket = self.get(ticket_id)
        self._forget(ticket)
        return ticket

    def remove_session(self, session_id: str) -> list[Ticket]:
        """Take back all tickets that a session is on, its party's too; returns them, oldest first."""
        return self._remove_claim(session_id)

    def remove_party(self, party_id: str) -> list[Ticket]:
        """Take back all tickets of a party; returns them, oldest first."""
        return self._remove_claim(f"party {party_id}")

    def stats(self) -> PoolStats:
        """How many wait, since when the first of them, and the latest completions."""
        oldest = next(iter(self._tickets.values()), None)
        return PoolStats(len(self), oldest.created_at_us if oldest else None, tuple(self._completions))

    def pass_(self, now_us: int) -> list[MatchedGroup]:
        """Make all matches that can be made; their tickets are no longer in the pool."""
        return [group for group in self.steps(now_us) if group is not None]

    def steps(self, now_us: int) -> Iterator[MatchedGroup | None]:
        """A pass, match by match, and None now and then, when it has worked for a few milliseconds.

        Between two steps tickets may come (they wait for the next pass) and go; another pass may not begin.
        """
        if self._offered:
            raise RuntimeError("a pass is under way")
        self._pass += 1
        waiting = sorted(self._tickets.values(), key=lambda ticket: ticket.created_at_us)
        for ticket in waiting:
            ticket.intervals += 1
            if ticket.patient and ticket.intervals >= self.config.max_intervals:
                ticket.patient = False
                ticket.changed_pass = self._pass
        candidates = Candidates(waiting)
        changed = Candidates([ticket for ticket in waiting if ticket.changed_pass == self._pass])
        self._offered = candidates, changed
        try:
            pause_at = WORK_PER_STEP
            for looked_at, ticket in enumerate(waiting):
                work = looked_at + candidates.evaluations + changed.evaluations
                if work >= pause_at:
                    pause_at = work + WORK_PER_STEP
                    yield None
                if not candidates.has(ticket):
                    continue
                group = None if self._is_settled(ticket, changed) else self._search(ticket, candidates)
                if group is None:
                    ticket.settled_pass = self._pass
                    continue
                for member in group:
                    self._forget(member)
                    self._completions.append(Completion(member.created_at_us, now_us))
                yield MatchedGroup(group)
        finally:
            self._offered = ()

    def explain(self, ticket_id: str) -> list[str]:
        """Sentences on why a ticket is not matched yet, in the order in which they matter. Raises NotFound."""
        ticket = self.get(ticket_id)
        others = []
        for other in self._tickets.values():
            if other is not ticket:
                others.append(other)
                if len(others) == EXPLAINED_TICKETS_MAX:
                    break
        if not others:
            return ["No other ticket is waiting.", *self._explain_patience(ticket)]
        fitting = [other for other in others if ticket.query.matches(other.document)]
        if not fitting:
            return [
                f"None of the {len(others)} other tickets fits its query.",
                *self._explain_clauses(ticket, others),
                *self._explain_patience(ticket),
            ]
        return [
            f"{len(fitting)} of {len(others)} other tickets {_verb(fitting, 'fits', 'fit')} its query.",
            *self._explain_fitting(ticket, fitting),
            *self._explain_patience(ticket),
        ]

    def _forget(self, ticket: Ticket) -> None:
        del self._tickets[ticket.id]
        for claim in ticket.claims:
            self._by_claim[claim].discard(ticket)
            if not self._by_claim[claim]:
                del self._by_claim[claim]
        for candidates in self._offered:
            candidates.drop(ticket)

    def _remove_claim(self, claim: str) -> list[Ticket]:
        tickets = sorted(self._by_claim.get(claim, ()), key=lambda ticket: (ticket.created_at_us, ticket.id))
        for ticket in tickets:
            self._forget(ticket)
        return tickets

    def _is_settled(self, ticket: Ticket, changed: Candidates) -> bool:
        """Whether nothing has happened since the last pass that could now bring it a match.

        This makes a pool of many who do not fit each other cost only as much as there are newcomers.
        """
        if ticket.settled_pass != self._pass - 1 or ticket.changed_pass == self._pass:
            return False
        return next(self._fitting(ticket, changed), None) is None

    def _fitting(self, ticket: Ticket, candidates: Candidates) -> Iterator[Ticket]:
        return candidates.fitting(ticket, lambda other: self._may_share(ticket, other))

    def _may_share(self, ticket: Ticket, other: Ticket) -> bool:
        """Whether two tickets could be in one match, as far as `ticket`'s query does not matter."""
        return (
            other.min_count <= ticket.max_count
            and other.max_count >= ticket.min_count
            and ticket.size + other.size <= ticket.max_count
            and ticket.claims.isdisjoint(other.claims)
            and (not self.config.mutual or other.query.matches(ticket.document))
        )

    def _search(self, ticket: Ticket, candidates: Candidates) -> tuple[Ticket, ...] | None:
        """The match for one ticket: as large as it can be."""
        if ticket.size == ticket.max_count:
            return (ticket,)
        supply = _Supply(self._fitting(ticket, candidates))
        for players in _sizes(ticket, supply):
            others = self._fill(ticket, players, supply)
            if others is not None:
                return (ticket, *others)
        return None

    def _fill(self, ticket: Ticket, players: int, supply: _Supply) -> list[Ticket] | None:
        """Others that make it exactly so many players, from as few of the best candidates as possible."""
        needed = players - ticket.size
        suitable: list[Ticket] = []
        place, window = 0, needed
        while True:
            while len(suitable) < window and (other := supply.get(place)) is not None:
                place += 1
                if other.size <= needed and other.accepts(players):
                    suitable.append(other)
            chosen = self._choose(ticket, needed, suitable)
            if chosen is not None or len(suitable) < window:
                return chosen
            window *= 4

    def _choose(self, ticket: Ticket, needed: int, suitable: list[Ticket]) -> list[Ticket] | None:
        """Of suitable tickets, those that bring exactly `needed` players and go together; the earlier, the better.

        Depth first, but never into a branch whose sizes cannot add up: bit n of `sums[i]` says that some of
        the tickets from the i-th on have n players together. So it only ever turns back when tickets do not go
        together, which CHOICES_MAX bounds.
        """
        sums = [1]
        for other in reversed(suitable):
            sums.append((sums[-1] | sums[-1] << other.size) & ((2 << needed) - 1))
        sums.reverse()
        places: list[int] = []
        claims = set(ticket.claims)
        at, looks = 0, 0
        while needed:
            if not sums[at] >> needed & 1:
                at = len(suitable)
            looks += 1
            if looks > CHOICES_MAX:
                return None
            if at == len(suitable):
                if not places:
                    return None
                at = places.pop()
                needed += suitable[at].size
                claims -= suitable[at].claims
            else:
                other = suitable[at]
                if (
                    other.size <= needed
                    and sums[at + 1] >> (needed - other.size) & 1
                    and claims.isdisjoint(other.claims)
                    and self._go_together(other, suitable, places)
                ):
                    places.append(at)
                    needed -= other.size
                    claims |= other.claims
            at += 1
        return [suitable[place] for place in places]

    def _go_together(self, other: Ticket, suitable: list[Ticket], places: list[int]) -> bool:
        """Whether a ticket and those already chosen fit each other, where that is asked for."""
        if not self.config.mutual:
            return True
        return all(
            other.query.matches(chosen.document) and chosen.query.matches(other.document)
            for chosen in (suitable[place] for place in places)
        )

    def _explain_patience(self, ticket: Ticket) -> list[str]:
        left = self.config.max_intervals - 1 - ticket.intervals
        if not ticket.patient or left <= 0:
            return []
        return [
            f"It waits for {ticket.max_count} players for {left} more {'interval' if left == 1 else 'intervals'}; "
            f"then {ticket.min_count} are enough."
        ]

    def _explain_clauses(self, ticket: Ticket, others: list[Ticket]) -> list[str]:
        """Which parts of its query each keep all, or many, away."""
        sentences = []
        strict = [clause for clause in ticket.query.clauses if clause.occur != "should"]
        for clause in strict[:EXPLAINED_CLAUSES_MAX]:
            alone = QueryTree([Clause("must", clause.field, clause.test)])
            fitting = sum(alone.matches(other.document) for other in others)
            what = f"of {clause.field}" if clause.field else "of any field"
            if clause.occur == "must":
                sentences.append(f"What it asks {what} is true of {fitting} of {len(others)}.")
            elif fitting:
                sentences.append(f"What it rules out {what} is true of {fitting} of {len(others)}.")
        return sentences

    def _explain_fitting(self, ticket: Ticket, fitting: list[Ticket]) -> list[str]:
        sentences = []

        def keep(others: list[Ticket], passes: Callable[[Ticket], bool], sentence: str) -> list[Ticket]:
            kept = [other for other in others if passes(other)]
            if len(kept) < len(others):
                sentences.append(sentence.format(len(others) - len(kept)))
            return kept

        others = keep(
            fitting,
            lambda other: ticket.claims.isdisjoint(other.claims),
            "{} of these cannot be matched with it, having a session or the party in common.",
        )
        if self.config.mutual:
            others = keep(
                others,
                lambda other: other.query.matches(ticket.document),
                "{} of these ask for others than it.",
            )
        others = keep(
            others,
            lambda other: (
                other.min_count <= ticket.max_count
                and other.max_count >= ticket.min_count
                and ticket.size + other.size <= ticket.max_count
            ),
            "{} of these want matches of other sizes.",
        )
        players = ticket.size + sum(other.size for other in others)
        wanted = ticket.max_count if ticket.patient else ticket.min_count
        if players < wanted:
            sentences.append(f"With those left there are {players} players; it needs {wanted}.")
        else:
            sentences.append(f"With those left there are {players} players, enough for the {wanted} that it needs.")
            if ticket.settled_pass == self._pass:
                sentences.append("Yet no choice of them suits all in it.")
            else:
                sentences.append("The next pass may match it.")
        return sentences


def _verb(of: list[Ticket], one: str, many: str) -> str:
    return one if len(of) == 1 else many


def _sizes(ticket: Ticket, supply: _Supply) -> Iterator[int]:
    """Numbers of players to try, the largest first; to be asked for the next one only when one has failed."""
    yield ticket.max_count
    if ticket.patient:
        return
    # The first size has failed, so that all candidates are known: find how many players would take each size.
    changes = [0] * (ticket.max_count + 2)
    for other in supply.found:
        low = other.max_count if other.patient else other.min_count
        if low <= ticket.max_count:
            changes[low] += other.size
            changes[min(other.max_count, ticket.max_count) + 1] -= other.size
    takers = 0
    available = [takers := takers + change for change in changes]
    for players in range(ticket.max_count - ticket.count_multiple, ticket.min_count - 1, -ticket.count_multiple):
        if players <= ticket.size:
            return
        if available[players] + ticket.size >= players:
            yield players
