"""HTTP: the list of parties."""

from __future__ import annotations

from collections.abc import Callable

from supergame.edge import Caller
from supergame.features.parties.listing import LIST_LIMIT_DEFAULT
from supergame.features.parties.service import Parties
from supergame.protocol.parties import ListPartiesRequest, PartyList, PartyListing


async def list_parties(parties: Parties, caller: Caller, request: ListPartiesRequest) -> PartyList:
    """List parties as the request's filters say; hidden ones are left out."""
    found, cursor = await parties.list(
        limit=LIST_LIMIT_DEFAULT if request.limit is None else request.limit,
        open=request.open,
        query=request.query or "",
        cursor=request.cursor or "",
    )
    return PartyList(
        [PartyListing(party.id, party.open, party.hidden, party.max_size, party.label) for party in found], cursor
    )


ROUTES: dict[str, Callable[..., object]] = {"ListParties": list_parties}
