"""Lists of matches: which ones are wanted, and how they are found without holding up everybody else."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from supergame.core.errors import BadInput
from supergame.core.steps import Steps
from supergame.features.matches.model import MatchInfo
from supergame.features.matches.relayed import RelayedMatches
from supergame.features.matches.running import RunningMatch
from supergame.protocol.query import QueryTree, parse

LIST_LIMIT_DEFAULT = 10
LIST_LIMIT_MAX = 100  # matches that a list may be asked for
SEARCHES_MAX = 16  # of strangers at a time: each has a step in every turn of the loop
WORK_PER_STEP = 5_000  # matches looked at, and clauses asked of their labels, before others are let run


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which matches to list: by kind, exact label, number of players, or a query over labels that are JSON.

    Raises BadInput for a limit outside 1 to LIST_LIMIT_MAX, and sizes that no match can have.
    """

    limit: int = LIST_LIMIT_DEFAULT
    authoritative: bool | None = None
    label: str | None = None
    min_size: int | None = None
    max_size: int | None = None
    query: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= LIST_LIMIT_MAX:
            raise BadInput(f"Invalid limit - limit must be between 1 and {LIST_LIMIT_MAX}.")
        if self.min_size is not None and self.max_size is not None and self.min_size > self.max_size:
            raise BadInput("Invalid size - minimum size must not be above maximum size.")

    def fits(self, size: int) -> bool:
        """Whether a match of so many players is wanted."""
        return (self.min_size is None or size >= self.min_size) and (self.max_size is None or size <= self.max_size)


def search(wanted: Wanted, running: Sequence[RunningMatch], relayed: RelayedMatches) -> Steps[list[MatchInfo]]:
    """Look for matches: those the game runs first, the best and the oldest first. Raises BadInput for a bad query."""
    tree = parse(wanted.query or "")
    found: list[MatchInfo] = []
    if wanted.authoritative is not False:
        matches = yield from _search_running(wanted, tree, running)
        found = [match.info for match in matches]
    if not wanted.authoritative and wanted.label is None and wanted.query is None:
        found += itertools.islice(relayed.infos(wanted.fits), wanted.limit - len(found))
    return found


def _search_running(wanted: Wanted, tree: QueryTree, running: Iterable[RunningMatch]) -> Steps[list[RunningMatch]]:
    scored: list[tuple[float, RunningMatch]] = []
    work, work_per_match = 0, 1 + tree.work
    for match in running:
        work += work_per_match
        if work > WORK_PER_STEP:
            work = 0
            yield
        if match.ended or (wanted.label is not None and match.label != wanted.label) or not wanted.fits(match.size):
            continue
        score = tree.rank(match.document)
        if score is not None:
            scored.append((score, match))
            if tree.fixed_score is not None and len(scored) == wanted.limit:
                break  # all that fit are as good, and these are the oldest
    return [match for _, match in heapq.nlargest(wanted.limit, scored, key=lambda pair: pair[0])]
