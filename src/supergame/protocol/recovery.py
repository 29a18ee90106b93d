"""Recovery: proving an email address, a new password for a forgotten one, and a second factor."""

from __future__ import annotations

from supergame.protocol.operation import Auth, Binding, Event, Operation, Realtime
from supergame.protocol.types import Empty, Int32, Message, Timestamp


class VerifyEmailRequest(Message):
    """The token out of the letter."""

    token: str = ""


class RequestPasswordResetRequest(Message):
    """The address that the account is linked to."""

    email: str = ""


class ResetPasswordRequest(Message):
    """The token out of the letter, and the new password."""

    token: str = ""
    password: str = ""


class TotpEnrolment(Message):
    """What an authenticator app needs: the secret in base32, and the same as a URI, often shown as a QR code."""

    secret: str = ""
    uri: str = ""


class TotpCode(Message):
    """Six digits from an authenticator app, or a recovery code."""

    code: str = ""


class RecoveryCodes(Message):
    """Codes that each do once in place of one from an app. They are told here and never again."""

    codes: list[str] = []


class SecondFactor(Message):
    """Whether logins with a password need a code: since when, and how many recovery codes are left."""

    enable_time: Timestamp | None = None
    recovery_codes: Int32 = 0


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="RequestEmailVerification",
        bindings=(Binding("POST", "/v3/account/email/verify/request"),),
        request=Empty,
        response=Empty,
        summary="Send a letter to the player's email address, with a token that proves it.",
    ),
    Operation(
        name="VerifyEmail",
        bindings=(Binding("POST", "/v3/account/email/verify", "*"),),
        request=VerifyEmailRequest,
        response=Empty,
        auth=Auth.SERVER_KEY,
        summary="Prove an email address with the token that was sent there.",
    ),
    Operation(
        name="RequestPasswordReset",
        bindings=(Binding("POST", "/v3/account/password/reset/request", "*"),),
        request=RequestPasswordResetRequest,
        response=Empty,
        auth=Auth.SERVER_KEY,
        summary="Send a letter with a token for a new password, if an account has that email address.",
    ),
    Operation(
        name="ResetPassword",
        bindings=(Binding("POST", "/v3/account/password/reset", "*"),),
        request=ResetPasswordRequest,
        response=Empty,
        auth=Auth.SERVER_KEY,
        summary="Set a new password with the token that was sent; all sessions of the player end.",
    ),
    Operation(
        name="GetSecondFactor",
        bindings=(Binding("GET", "/v3/account/totp"),),
        request=Empty,
        response=SecondFactor,
        summary="Get whether the player's logins with a password need a code.",
    ),
    Operation(
        name="EnrolTotp",
        bindings=(Binding("POST", "/v3/account/totp/enrol"),),
        request=Empty,
        response=TotpEnrolment,
        summary="Begin to set up a second factor: get the secret for an authenticator app.",
    ),
    Operation(
        name="ConfirmTotp",
        bindings=(Binding("POST", "/v3/account/totp/confirm", "*"),),
        request=TotpCode,
        response=RecoveryCodes,
        summary="Switch the second factor on with a first code from the app.",
    ),
    Operation(
        name="RenewRecoveryCodes",
        bindings=(Binding("POST", "/v3/account/totp/codes", "*"),),
        request=TotpCode,
        response=RecoveryCodes,
        summary="Get new recovery codes in place of the old ones.",
    ),
    Operation(
        name="DisableTotp",
        bindings=(Binding("POST", "/v3/account/totp/disable", "*"),),
        request=TotpCode,
        response=Empty,
        summary="Switch the second factor off with a code.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[Event, ...] = ()
