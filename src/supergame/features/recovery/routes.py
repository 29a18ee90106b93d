"""Recovery over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from supergame.edge import Caller
from supergame.features.recovery.service import Recovery
from supergame.protocol.recovery import (
    RecoveryCodes,
    RequestPasswordResetRequest,
    ResetPasswordRequest,
    SecondFactor,
    TotpCode,
    TotpEnrolment,
    VerifyEmailRequest,
)
from supergame.protocol.types import Empty


def request_email_verification(recovery: Recovery, caller: Caller, request: Empty) -> Awaitable[None]:
    """Have a letter sent to one's own address."""
    return recovery.request_verification(caller.user_id, address=caller.address)


async def verify_email(recovery: Recovery, caller: Caller, request: VerifyEmailRequest) -> None:
    """Show the token of that letter; whose it was is not told."""
    await recovery.verify_email(request.token, address=caller.address)


def request_password_reset(recovery: Recovery, caller: Caller, request: RequestPasswordResetRequest) -> Awaitable[None]:
    """Have a letter sent, if there is such an account."""
    return recovery.request_password_reset(request.email, address=caller.address)


async def reset_password(recovery: Recovery, caller: Caller, request: ResetPasswordRequest) -> None:
    """Show the token of that letter with a new password; whose it was is not told."""
    await recovery.reset_password(request.token, request.password, address=caller.address)


def get_second_factor(recovery: Recovery, caller: Caller, request: Empty) -> Awaitable[SecondFactor]:
    """Look whether one has a second factor."""
    return recovery.second_factor(caller.user_id)


def enrol_totp(recovery: Recovery, caller: Caller, request: Empty) -> Awaitable[TotpEnrolment]:
    """Begin to set one up."""
    return recovery.totp_enrol(caller.user_id)


async def confirm_totp(recovery: Recovery, caller: Caller, request: TotpCode) -> RecoveryCodes:
    """Switch it on."""
    return RecoveryCodes(await recovery.totp_confirm(caller.user_id, request.code))


async def renew_recovery_codes(recovery: Recovery, caller: Caller, request: TotpCode) -> RecoveryCodes:
    """Get new recovery codes."""
    return RecoveryCodes(await recovery.recovery_codes_renew(caller.user_id, request.code))


def disable_totp(recovery: Recovery, caller: Caller, request: TotpCode) -> Awaitable[None]:
    """Switch it off; players need a code for that."""
    return recovery.totp_disable(caller.user_id, request.code)


ROUTES: Final[Mapping[str, Callable[..., Any]]] = {
    "ConfirmTotp": confirm_totp,
    "DisableTotp": disable_totp,
    "EnrolTotp": enrol_totp,
    "GetSecondFactor": get_second_factor,
    "RenewRecoveryCodes": renew_recovery_codes,
    "RequestEmailVerification": request_email_verification,
    "RequestPasswordReset": request_password_reset,
    "ResetPassword": reset_password,
    "VerifyEmail": verify_email,
}
