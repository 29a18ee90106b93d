"""A real issuer of id tokens on loopback: signs with real keys, publishes and rotates them, and fails when told to."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

K = TypeVar("K")
_KEYS: dict[tuple[int, object], object] = {}

AUDIENCE = "the-game"
TOKEN_SECONDS = 600


def rsa_key(number: int = 0, bits: int = 2_048) -> rsa.RSAPrivateKey:
    """The RSA key of that number."""
    return _kept(number, lambda: rsa.generate_private_key(65_537, bits), bits)


def ec_key(number: int = 0, curve: type[ec.EllipticCurve] = ec.SECP256R1) -> ec.EllipticCurvePrivateKey:
    """The key of that number on a curve."""
    return _kept(number, lambda: ec.generate_private_key(curve()), curve)


def ed_key(number: int = 0) -> ed25519.Ed25519PrivateKey:
    """The Ed25519 key of that number."""
    return _kept(number, ed25519.Ed25519PrivateKey.generate, "ed")


def _kept(number: int, make: Callable[[], K], kind: object) -> K:
    """Making a key takes a while, so each is made once."""
    if (number, kind) not in _KEYS:
        _KEYS[number, kind] = make()
    return cast(K, _KEYS[number, kind])


def jwk(kid: str, key: PrivateKey, **more: Any) -> dict[str, Any]:
    """The public half of a key, as an issuer publishes it."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        found = RSAAlgorithm.to_jwk(public, as_dict=True)
    elif isinstance(public, ec.EllipticCurvePublicKey):
        found = ECAlgorithm.to_jwk(public, as_dict=True)
    else:
        found = OKPAlgorithm.to_jwk(public, as_dict=True)
    found.pop("key_ops", None)
    return {**found, "kid": kid, "use": "sig", **more}


class Issuer:
    """Issues tokens as of `now()`, and serves its configuration and keys at `url`."""

    def __init__(self, now: Callable[[], int] | None = None) -> None:
        self.now = now or (lambda: int(time.time()))
        self.url = ""
        self.signing: tuple[str, str, PrivateKey] = ("key-0", "RS256", rsa_key(0))
        """Name, algorithm and key of what signs now."""
        self.published = [jwk("key-0", rsa_key(0))]
        self.requests: Counter[str] = Counter()
        self.configuration: dict[str, Any] = {}
        """Replaces parts of its configuration."""
        self.keys_answer: web.Response | None = None
        """Replaces the answer with its keys."""
        self.max_age: int | None = None
        self.status = 200
        self.asked = asyncio.Event()
        self.go_on: asyncio.Event | None = None
        """While it is there, nothing is answered before it is set."""
        self.codes: dict[str, dict[str, Any]] = {}
        """What a code is good for: `client_id`, `client_secret`, `verifier`, and the `answer`."""
        self.users: dict[str, Any] = {}
        """What an access token's user is told to be."""
        self._rotations = 0

    def token(
        self,
        sub: str = "player-1",
        *,
        signing: tuple[str | None, str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        without: tuple[str, ...] = (),
        **claims: Any,
    ) -> str:
        """A token for a player; claims may be replaced, added and left out."""
        kid, algorithm, key = signing or self.signing
        body = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": sub,
            "iat": self.now(),
            "exp": self.now() + TOKEN_SECONDS,
            **claims,
        }
        named = {"kid": kid} if kid is not None else {}
        return jwt.encode(
            {name: value for name, value in body.items() if name not in without},
            key,
            algorithm=algorithm,
            headers={**named, **(headers or {})},
        )

    def rotate(self) -> None:
        """Sign with a new key, and publish that one only."""
        self._rotations += 1
        kid, key = f"key-{self._rotations}", rsa_key(self._rotations % 3)
        self.signing = (kid, "RS256", key)
        self.published = [jwk(kid, key)]

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._count])
        application.on_shutdown.append(self._let_go)
        application.router.add_get("/.well-known/openid-configuration", self._configuration)
        application.router.add_get("/keys", self._keys)
        application.router.add_post("/token", self._exchange)
        application.router.add_get("/userinfo", self._userinfo)
        return application

    @web.middleware
    async def _count(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        self.requests[request.path] += 1
        self.asked.set()
        if self.go_on is not None:
            await self.go_on.wait()
        if self.status != 200:
            return web.Response(status=self.status, headers={"Location": "https://example.com/"})
        return await handler(request)

    async def _let_go(self, application: web.Application) -> None:
        """What a test has left waiting, it does not wait for."""
        if self.go_on is not None:
            self.go_on.set()

    async def _configuration(self, request: web.Request) -> web.Response:
        return web.json_response({"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.configuration})

    async def _keys(self, request: web.Request) -> web.Response:
        headers = {} if self.max_age is None else {"Cache-Control": f"public, max-age={self.max_age}"}
        return self.keys_answer or web.json_response({"keys": self.published}, headers=headers)

    async def _exchange(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        granted = self.codes.pop(str(form.get("code")), None)
        client = (form.get("client_id"), form.get("client_secret"))
        authorization = request.headers.get("Authorization")
        if granted is None or form.get("grant_type") != "authorization_code":
            return web.json_response({"error": "invalid_grant"}, status=400)
        if granted.get("basic") != authorization or (not authorization and client != ("the-client", "the-secret")):
            return web.json_response({"error": "invalid_client"}, status=401)
        if any(form.get(name) != granted[name] for name in ("code_verifier", "redirect_uri") if name in granted):
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response(granted["answer"])

    async def _userinfo(self, request: web.Request) -> web.Response:
        user = self.users.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        return web.json_response(user) if user is not None else web.json_response({}, status=401)


@asynccontextmanager
async def serving(application: web.Application) -> AsyncIterator[str]:
    """Serve an application on loopback; gives its address."""
    runner = web.AppRunner(application, shutdown_timeout=0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
