"""HTTP: the list of running matches."""

from __future__ import annotations

from supergame.edge import Caller
from supergame.features.matches.listing import LIST_LIMIT_DEFAULT, Wanted
from supergame.features.matches.service import Matches
from supergame.protocol.matches import ListMatchesRequest, MatchList, MatchListing


async def list_matches(matches: Matches, caller: Caller, request: ListMatchesRequest) -> MatchList:
    """List matches as the request's filters say."""
    wanted = Wanted(
        limit=LIST_LIMIT_DEFAULT if request.limit is None else request.limit,
        authoritative=request.authoritative,
        label=request.label,
        min_size=request.min_size,
        max_size=request.max_size,
        query=request.query,
    )
    found = await matches.find(wanted)
    return MatchList(
        [
            MatchListing(info.id, info.authoritative, info.label, info.size, info.tick_rate, info.handler)
            for info in found
        ]
    )


ROUTES = {"ListMatches": list_matches}
