"""Stand-ins of the platforms on loopback: they sign, ask for the right keys, and answer as the real ones do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from tests.features.identity.issuer import AUDIENCE, Issuer, rsa_key

from supergame.features.identity import GameCenterProof

FACEBOOK_SECRET = "facebook-secret"
INSTANT_SECRET = "instant-secret"
STEAM_KEY = "publisher-key"
BUNDLE = "com.example.game"


class Platforms:
    """All platforms at one address; tokens for whomever a test likes."""

    def __init__(self, now: Callable[[], int] | None = None) -> None:
        self.now = now or (lambda: int(time.time()))
        self.issuer = Issuer(self.now)
        """Signs for Apple, Google and Facebook's Limited Login."""
        self.friends: dict[str, list[str]] = {}
        """Who is whose friend, by ids, on Facebook and on Steam; without a list it is private."""
        self.friends_per_page = 2
        self.graph_failure: dict[str, Any] | None = None
        self.friends_status = 200
        self.steam_banned: set[str] = set()
        self.certificate = certificate(self.now)
        self.certificate_status = 200
        self.asked: list[str] = []
        """The paths of all requests."""

    @property
    def url(self) -> str:
        """Where all of them are."""
        return self.issuer.url

    @url.setter
    def url(self, url: str) -> None:
        self.issuer.url = url

    def settings(self) -> dict[str, Any]:
        """What a node has to be told to trust them."""
        return {
            "identity.apple_bundle_ids": AUDIENCE,
            "identity.apple_issuer": self.url,
            "identity.apple_keys_url": f"{self.url}/keys",
            "identity.facebook_app_id": AUDIENCE,
            "identity.facebook_app_secret": FACEBOOK_SECRET,
            "identity.facebook_graph_url": f"{self.url}/graph",
            "identity.facebook_issuers": self.url,
            "identity.facebook_keys_url": f"{self.url}/keys",
            "identity.facebook_instant_game_app_secret": INSTANT_SECRET,
            "identity.gamecenter_bundle_ids": BUNDLE,
            "identity.gamecenter_hosts": "127.0.0.1",
            "identity.google_client_ids": f"{AUDIENCE},another",
            "identity.google_client_secret": "the-secret",
            "identity.google_issuers": self.url,
            "identity.google_keys_url": f"{self.url}/keys",
            "identity.google_token_url": f"{self.url}/token",
            "identity.google_player_url": f"{self.url}/userinfo",
            "identity.steam_publisher_key": STEAM_KEY,
            "identity.steam_app_id": 480,
            "identity.steam_api_url": f"{self.url}/steam",
            "identity.steam_ticket_identity": "the-game",
            "identity.openid.test.issuer": self.url,
            "identity.openid.test.audiences": AUDIENCE,
        }

    def instant_player(self, player_id: str, *, secret: str = INSTANT_SECRET, **info: Any) -> str:
        """Signed player info of an Instant Game."""
        body = {"algorithm": "HMAC-SHA256", "issued_at": self.now(), "player_id": player_id, **info}
        payload = _base64url(json.dumps(body).encode())
        return _base64url(hmac.digest(secret.encode(), payload.encode(), "sha256")) + "." + payload

    def gamecenter_player(self, player_id: str, /, *, key: rsa.RSAPrivateKey | None = None, **replaced: Any) -> Any:
        """What `fetchItems` gives, signed; what is replaced was not what was signed."""
        timestamp, salt = self.now() * 1_000 + 250, b"\x00salt\xff"
        signed = player_id.encode() + BUNDLE.encode() + timestamp.to_bytes(8, "big") + salt
        signature = (key or rsa_key()).sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return GameCenterProof(
            player_id,
            BUNDLE,
            timestamp,
            base64.b64encode(salt).decode(),
            base64.b64encode(signature).decode(),
            f"{self.url}/public-key/gc-prod-1.cer",
        )._replace(**replaced)

    @staticmethod
    def facebook_token(user_id: str) -> str:
        """An access token of that user for the game's app."""
        return f"EAA{user_id}"

    @staticmethod
    def steam_ticket(steam_id: str) -> str:
        """A session ticket of that user for the game's app."""
        return f"14{int(steam_id):016x}"

    def application(self) -> web.Application:
        application = self.issuer.application()
        application.on_response_prepare.append(self._note)
        application.router.add_get("/graph/me", self._me)
        application.router.add_get("/graph/me/friends", self._facebook_friends)
        application.router.add_get("/steam/ISteamUserAuth/AuthenticateUserTicket/v1/", self._ticket)
        application.router.add_get("/steam/ISteamUser/GetFriendList/v1/", self._steam_friends)
        application.router.add_get("/public-key/{name}", self._certificate)
        return application

    async def _note(self, request: web.Request, response: web.StreamResponse) -> None:
        self.asked.append(request.path)

    def _graph_user(self, request: web.Request) -> str | web.Response:
        token = request.query["access_token"]
        if self.graph_failure is not None:
            return web.json_response({"error": self.graph_failure}, status=400)
        proof = hmac.new(FACEBOOK_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
        if not token.startswith("EAA"):
            return web.json_response({"error": {"type": "OAuthException", "code": 190}}, status=400)
        if request.query["appsecret_proof"] != proof or token.startswith("EAA-of-another-app"):
            return web.json_response({"error": {"type": "GraphMethodException", "code": 100}}, status=400)
        return token.removeprefix("EAA")

    async def _me(self, request: web.Request) -> web.Response:
        user = self._graph_user(request)
        return user if not isinstance(user, str) else web.json_response({"id": user, "name": f"Face of {user}"})

    async def _facebook_friends(self, request: web.Request) -> web.Response:
        user = self._graph_user(request)
        if not isinstance(user, str):
            return user
        ids, start = self.friends.get(user, []), int(request.query.get("after", 0))
        end = start + self.friends_per_page
        page = ids[start:end]
        paging: dict[str, Any] = {"cursors": {"before": "0", "after": str(end)}}
        if end < len(ids):
            paging["next"] = f"{self.url}/graph/me/friends?after={end}"
        return web.json_response({"data": [{"id": id_} for id_ in page], "paging": paging if page else {}})

    async def _ticket(self, request: web.Request) -> web.Response:
        if (request.query["key"], request.query["appid"]) != (STEAM_KEY, "480"):
            return web.Response(status=403)
        ticket = request.query["ticket"]
        if not ticket.startswith("14") or request.query.get("identity") != "the-game":
            return web.json_response({"response": {"error": {"errorcode": 101, "errordesc": "Invalid ticket"}}})
        steam_id = str(int(ticket[2:], 16))
        params = {
            "result": "OK",
            "steamid": steam_id,
            "ownersteamid": steam_id,
            "vacbanned": False,
            "publisherbanned": steam_id in self.steam_banned,
        }
        return web.json_response({"response": {"params": params}})

    async def _steam_friends(self, request: web.Request) -> web.Response:
        ids = self.friends.get(request.query["steamid"])
        if ids is None or self.friends_status != 200:
            return web.Response(status=401 if ids is None and self.friends_status == 200 else self.friends_status)
        friends = [{"steamid": id_, "relationship": "friend", "friend_since": 0} for id_ in ids]
        return web.json_response({"friendslist": {"friends": friends}})

    async def _certificate(self, request: web.Request) -> web.Response:
        return web.Response(body=self.certificate, status=self.certificate_status)


def certificate(
    now: Callable[[], int], *, days: tuple[int, int] = (-30, 300), key: Any = None, issuer: Any = None
) -> bytes:
    """A certificate for a key (RSA unless said otherwise), signed by itself or by an authority; in DER."""
    at = datetime.fromtimestamp(now(), UTC)
    key = key or rsa_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name("Apple Inc."))
        .issuer_name(_name("Apple Inc." if issuer is None else "The Authority"))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(at + timedelta(days[0]))
        .not_valid_after(at + timedelta(days[1]))
    )
    return builder.sign(issuer or key, hashes.SHA256()).public_bytes(Encoding.DER)


def authority(now: Callable[[], int], key: rsa.RSAPrivateKey) -> bytes:
    """The certificate of an authority, in PEM."""
    at = datetime.fromtimestamp(now(), UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name("The Authority"))
        .issuer_name(_name("The Authority"))
        .public_key(key.public_key())
        .serial_number(2)
        .not_valid_before(at - timedelta(30))
        .not_valid_after(at + timedelta(3_000))
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _name(organisation: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)])


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
