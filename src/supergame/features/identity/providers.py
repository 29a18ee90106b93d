"""The providers that the settings switch on, by name, and what each is called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from supergame.core.errors import NotConfigured
from supergame.features.accounts import Provider as Platform
from supergame.features.identity.model import OPENID_PREFIX, Provider
from supergame.features.identity.settings import IdentitySettings

LABELS: Final[Mapping[str, str]] = {
    Platform.APPLE: "Apple",
    Platform.FACEBOOK: "Facebook",
    Platform.FACEBOOK_INSTANT_GAME: "Facebook Instant Game",
    Platform.GAMECENTER: "GameCenter",
    Platform.GOOGLE: "Google",
    Platform.STEAM: "Steam",
}
"""How the protocol's messages call each platform."""


class Providers:
    """Finds the provider that can verify a proof; those that are switched off are not there."""

    def __init__(
        self, by_name: Mapping[str, Provider[Any]] | None = None, closing: Sequence[Callable[[], Awaitable[None]]] = ()
    ) -> None:
        self._by_name = by_name or {}
        self._closing = closing

    def find(self, provider: str) -> Any:
        """The provider of that name. Raises NotConfigured."""
        found = self._by_name.get(provider)
        if found is None:
            raise NotConfigured(f"{label(provider)} authentication is not configured.")
        return found

    async def close(self) -> None:
        """Let go of every connection."""
        for close in reversed(self._closing):  # what waits for an answer before what would bring it
            await close()


def label(provider: str) -> str:
    """What a provider is called: `Apple`, or the name it has in the settings."""
    return LABELS.get(provider) or provider.removeprefix(OPENID_PREFIX)


def switched_on(settings: IdentitySettings) -> bool:
    """Whether there is any provider at all: what they need is not even imported otherwise."""
    return bool(
        settings.apple_bundle_ids
        or settings.facebook_app_id
        or settings.facebook_app_secret
        or settings.facebook_instant_game_app_secret
        or settings.gamecenter_bundle_ids
        or settings.google_client_ids
        or settings.steam_publisher_key
        or settings.openid
    )
