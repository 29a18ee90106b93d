"""Identity: logging in with other platforms' accounts, and linking them."""

from __future__ import annotations

from supergame.protocol.operation import Auth, Binding, Event, Operation, Realtime
from supergame.protocol.session import Session
from supergame.protocol.types import ZERO, Empty, Int64, Message, Timestamp


class AccountApple(Message):
    """The id token of "Sign in with Apple"; `vars` go into the session token."""

    token: str = ""
    vars: dict[str, str] = {}


class AccountFacebook(Message):
    """A Facebook access token, or the id token of a Limited Login; `vars` go into the session token."""

    token: str = ""
    vars: dict[str, str] = {}


class AccountFacebookInstantGame(Message):
    """What an Instant Game's `getSignedPlayerInfoAsync` has given; `vars` go into the session token."""

    signed_player_info: str = ""
    vars: dict[str, str] = {}


class AccountGameCenter(Message):
    """What Game Center's `fetchItems` has given; salt and signature in base64, `vars` go into the session token.

    `timestamp_seconds` is passed on as Game Center gave it, which is in milliseconds.
    """

    player_id: str = ""
    bundle_id: str = ""
    timestamp_seconds: Int64 = ZERO
    salt: str = ""
    signature: str = ""
    public_key_url: str = ""
    vars: dict[str, str] = {}


class AccountGoogle(Message):
    """A Google id token, or a server auth code of Play Games; `vars` go into the session token."""

    token: str = ""
    vars: dict[str, str] = {}


class AccountSteam(Message):
    """A Steam session ticket in hexadecimal; `vars` go into the session token."""

    token: str = ""
    vars: dict[str, str] = {}


class AccountOpenId(Message):
    """An id token, or an authorization code to be exchanged for one; `vars` go into the session token.

    With a code, `redirect_uri` and `code_verifier` (PKCE) are those of the authorization request. A `nonce`, if it is
    given, has to be the token's: it is that of the authorization request, hashed where the request's was.
    """

    token: str = ""
    code: str = ""
    code_verifier: str = ""
    redirect_uri: str = ""
    nonce: str = ""
    vars: dict[str, str] = {}


class AuthenticateAppleRequest(Message):
    """An Apple account; `create` (true unless said otherwise) makes the account if there is none."""

    account: AccountApple | None = None
    create: bool | None = None
    username: str = ""


class AuthenticateFacebookRequest(Message):
    """A Facebook account; `sync` makes friends of the player's friends there who play here as well."""

    account: AccountFacebook | None = None
    create: bool | None = None
    username: str = ""
    sync: bool | None = None


class AuthenticateFacebookInstantGameRequest(Message):
    """An Instant Games player; `create` (true unless said otherwise) makes the account if there is none."""

    account: AccountFacebookInstantGame | None = None
    create: bool | None = None
    username: str = ""


class AuthenticateGameCenterRequest(Message):
    """A Game Center player; `create` (true unless said otherwise) makes the account if there is none."""

    account: AccountGameCenter | None = None
    create: bool | None = None
    username: str = ""


class AuthenticateGoogleRequest(Message):
    """A Google account; `create` (true unless said otherwise) makes the account if there is none."""

    account: AccountGoogle | None = None
    create: bool | None = None
    username: str = ""


class AuthenticateSteamRequest(Message):
    """A Steam account; `sync` makes friends of the player's friends there who play here as well."""

    account: AccountSteam | None = None
    create: bool | None = None
    username: str = ""
    sync: bool | None = None


class AuthenticateOpenIdRequest(Message):
    """An account of the provider that the server's settings know by that name."""

    provider: str = ""
    account: AccountOpenId | None = None
    create: bool | None = None
    username: str = ""


class LinkFacebookRequest(Message):
    """A Facebook account; `sync` makes friends of the player's friends there who play here as well."""

    account: AccountFacebook | None = None
    sync: bool | None = None


class LinkSteamRequest(Message):
    """A Steam account; `sync` makes friends of the player's friends there who play here as well."""

    account: AccountSteam | None = None
    sync: bool | None = None


class LinkOpenIdRequest(Message):
    """An account of the provider that the server's settings know by that name."""

    provider: str = ""
    account: AccountOpenId | None = None


class UnlinkOpenIdRequest(Message):
    """The provider whose account is no longer to log in."""

    provider: str = ""


class AccountLink(Message):
    """One way to log in: `provider` is device, custom, email, apple, ... or openid:<name>."""

    provider: str = ""
    id: str = ""
    link_time: Timestamp | None = None


class AccountLinks(Message):
    """Every way to log in that the player has, newest first."""

    links: list[AccountLink] = []


def _authenticate(name: str, path: str, request: type[Message], what: str) -> Operation[Message, Message]:
    return Operation(
        name=name,
        bindings=(Binding("POST", path, "account"),),
        request=request,
        response=Session,
        auth=Auth.SERVER_KEY,
        summary=f"Authenticate with {what}.",
    )


def _link(name: str, path: str, request: type[Message], what: str, body: str = "*") -> Operation[Message, Message]:
    return Operation(
        name=name,
        bindings=(Binding("POST", path, body),),
        request=request,
        response=Empty,
        summary=f"Add {what} to the player's ways of authenticating.",
    )


def _unlink(
    name: str, path: str, request: type[Message], what: str, body: str | None = "*"
) -> Operation[Message, Message]:
    return Operation(
        name=name,
        bindings=(Binding("POST", path, body),),
        request=request,
        response=Empty,
        summary=f"Remove {what}; the last way of authenticating cannot be removed.",
    )


_APPLE = "an Apple account"
_FACEBOOK = "a Facebook account"
_INSTANT = "a Facebook Instant Games player"
_GAMECENTER = "a Game Center player"
_GOOGLE = "a Google account"
_STEAM = "a Steam account"
_OPENID = "an account of a configured OpenID Connect provider"

OPERATIONS: tuple[Operation[Message, Message], ...] = (
    _authenticate("AuthenticateApple", "/v2/account/authenticate/apple", AuthenticateAppleRequest, _APPLE),
    _authenticate("AuthenticateFacebook", "/v2/account/authenticate/facebook", AuthenticateFacebookRequest, _FACEBOOK),
    _authenticate(
        "AuthenticateFacebookInstantGame",
        "/v2/account/authenticate/facebookinstantgame",
        AuthenticateFacebookInstantGameRequest,
        _INSTANT,
    ),
    _authenticate(
        "AuthenticateGameCenter", "/v2/account/authenticate/gamecenter", AuthenticateGameCenterRequest, _GAMECENTER
    ),
    _authenticate("AuthenticateGoogle", "/v2/account/authenticate/google", AuthenticateGoogleRequest, _GOOGLE),
    _authenticate("AuthenticateSteam", "/v2/account/authenticate/steam", AuthenticateSteamRequest, _STEAM),
    _authenticate(
        "AuthenticateOpenId", "/v3/account/authenticate/openid/{provider}", AuthenticateOpenIdRequest, _OPENID
    ),
    _link("LinkApple", "/v2/account/link/apple", AccountApple, _APPLE),
    _link("LinkFacebook", "/v2/account/link/facebook", LinkFacebookRequest, _FACEBOOK, "account"),
    _link("LinkFacebookInstantGame", "/v2/account/link/facebookinstantgame", AccountFacebookInstantGame, _INSTANT),
    _link("LinkGameCenter", "/v2/account/link/gamecenter", AccountGameCenter, _GAMECENTER),
    _link("LinkGoogle", "/v2/account/link/google", AccountGoogle, _GOOGLE),
    _link("LinkSteam", "/v2/account/link/steam", LinkSteamRequest, _STEAM),
    _link("LinkOpenId", "/v3/account/link/openid/{provider}", LinkOpenIdRequest, _OPENID, "account"),
    _unlink("UnlinkApple", "/v2/account/unlink/apple", AccountApple, _APPLE),
    _unlink("UnlinkFacebook", "/v2/account/unlink/facebook", AccountFacebook, _FACEBOOK),
    _unlink(
        "UnlinkFacebookInstantGame", "/v2/account/unlink/facebookinstantgame", AccountFacebookInstantGame, _INSTANT
    ),
    _unlink("UnlinkGameCenter", "/v2/account/unlink/gamecenter", AccountGameCenter, _GAMECENTER),
    _unlink("UnlinkGoogle", "/v2/account/unlink/google", AccountGoogle, _GOOGLE),
    _unlink("UnlinkSteam", "/v2/account/unlink/steam", AccountSteam, _STEAM),
    _unlink("UnlinkOpenId", "/v3/account/unlink/openid/{provider}", UnlinkOpenIdRequest, _OPENID, None),
    Operation(
        name="ListLinks",
        bindings=(Binding("GET", "/v3/account/link"),),
        request=Empty,
        response=AccountLinks,
        summary="List the player's ways of authenticating.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[Event, ...] = ()
