"""What is shown to prove who somebody is elsewhere, and what is known once it has been verified."""

from __future__ import annotations

from typing import Any, Final, NamedTuple, Protocol, TypeGuard, TypeVar

EXTERNAL_ID_BYTES_MAX: Final = 255
"""An id that another platform gives to a player."""

NAME_BYTES_MAX: Final = 255
"""A name that another platform knows a player by; a longer one is cut."""

OPENID_PREFIX: Final = "openid:"
"""Begins the provider of an account that a configured OpenID Connect provider vouches for."""

P = TypeVar("P", contravariant=True)


class ExternalIdentity(NamedTuple):
    """Who a player is elsewhere, verified: the one whom `provider` knows by that id, and by that name if it says."""

    provider: str
    external_id: str
    name: str = ""


class Provider(Protocol[P]):
    """Verifies what players show to prove who they are elsewhere."""

    async def verify(self, proof: P) -> ExternalIdentity:
        """Find out who it is. Raises Rejected for what proves nothing, Unavailable where nobody can say now."""


class Rejected(Exception):
    """What was shown proves nothing; the message says why."""


class GameCenterProof(NamedTuple):
    """What Game Center's `fetchItems` has given: its time in milliseconds, salt and signature in base64."""

    player_id: str
    bundle_id: str
    timestamp: int
    salt: str
    signature: str
    public_key_url: str


class OpenIdProof(NamedTuple):
    """An id token, or an authorization code with what its request said."""

    token: str = ""
    code: str = ""
    code_verifier: str = ""
    redirect_uri: str = ""
    nonce: str = ""


def is_id(value: object) -> TypeGuard[str]:
    """Whether something can be kept as the id that another platform gives to a player."""
    return (
        isinstance(value, str)
        and 1 <= len(value.encode(errors="replace")) <= EXTERNAL_ID_BYTES_MAX
        and not any(letter < " " or letter == "\x7f" or "\ud800" <= letter <= "\udfff" for letter in value)
    )


def identified(provider: str, external_id: object, name: object = "") -> ExternalIdentity:
    """Make an identity of what a provider has said. Raises Rejected where that is no id."""
    if isinstance(external_id, int) and not isinstance(external_id, bool):
        external_id = str(external_id)
    if not is_id(external_id):
        raise Rejected("it has no id that can be used")
    return ExternalIdentity(provider, external_id, _name(name))


def _name(name: object) -> str:
    """As much of a name as a display name holds; what is none is left out."""
    if not isinstance(name, str):
        return ""
    return name.replace("\x00", "").encode(errors="ignore")[:NAME_BYTES_MAX].decode(errors="ignore")


def of_object(value: Any) -> dict[str, Any]:
    """What a provider has said, if it is an object, else nothing."""
    return value if isinstance(value, dict) else {}
