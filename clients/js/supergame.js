// Made by clients/generate.py of the server's own declarations: `make clients` makes it anew.
import { Transport } from "./transport.js";

export { SupergameError } from "./transport.js";

const TYPES = {
  Empty: {},
  AuthenticateOpenIdRequest: { provider: "string", account: "AccountOpenId?", create: "bool?", username: "string" },
  AccountOpenId: {
    token: "string",
    code: "string",
    code_verifier: "string",
    redirect_uri: "string",
    nonce: "string",
    vars: "string{}",
  },
  LinkOpenIdRequest: { provider: "string", account: "AccountOpenId?" },
  UnlinkOpenIdRequest: { provider: "string" },
  VerifyEmailRequest: { token: "string" },
  RequestPasswordResetRequest: { email: "string" },
  ResetPasswordRequest: { token: "string", password: "string" },
  TotpCode: { code: "string" },
  AccountArchive: { user_id: "string", archive: "string" },
  Session: { created: "bool", token: "string", refresh_token: "string" },
  AccountLinks: { links: "AccountLink[]" },
  AccountLink: { provider: "string", id: "string", link_time: "timestamp?" },
  SecondFactor: { enable_time: "timestamp?", recovery_codes: "number" },
  TotpEnrolment: { secret: "string", uri: "string" },
  RecoveryCodes: { codes: "string[]" },
};

const OPERATIONS = {
  ExportAccount: {
    method: "GET",
    path: "/v3/account/export",
    key: "session",
    request: "Empty",
    response: "AccountArchive",
  },
  AuthenticateOpenId: {
    method: "POST",
    path: "/v3/account/authenticate/openid/{provider}",
    key: "server",
    body: "account",
    request: "AuthenticateOpenIdRequest",
    response: "Session",
  },
  LinkOpenId: {
    method: "POST",
    path: "/v3/account/link/openid/{provider}",
    key: "session",
    body: "account",
    request: "LinkOpenIdRequest",
  },
  UnlinkOpenId: {
    method: "POST",
    path: "/v3/account/unlink/openid/{provider}",
    key: "session",
    request: "UnlinkOpenIdRequest",
  },
  ListLinks: { method: "GET", path: "/v3/account/link", key: "session", request: "Empty", response: "AccountLinks" },
  RequestEmailVerification: {
    method: "POST",
    path: "/v3/account/email/verify/request",
    key: "session",
    request: "Empty",
  },
  VerifyEmail: {
    method: "POST",
    path: "/v3/account/email/verify",
    key: "server",
    body: "*",
    request: "VerifyEmailRequest",
  },
  RequestPasswordReset: {
    method: "POST",
    path: "/v3/account/password/reset/request",
    key: "server",
    body: "*",
    request: "RequestPasswordResetRequest",
  },
  ResetPassword: {
    method: "POST",
    path: "/v3/account/password/reset",
    key: "server",
    body: "*",
    request: "ResetPasswordRequest",
  },
  GetSecondFactor: {
    method: "GET",
    path: "/v3/account/totp",
    key: "session",
    request: "Empty",
    response: "SecondFactor",
  },
  EnrolTotp: {
    method: "POST",
    path: "/v3/account/totp/enrol",
    key: "session",
    request: "Empty",
    response: "TotpEnrolment",
  },
  ConfirmTotp: {
    method: "POST",
    path: "/v3/account/totp/confirm",
    key: "session",
    body: "*",
    request: "TotpCode",
    response: "RecoveryCodes",
  },
  RenewRecoveryCodes: {
    method: "POST",
    path: "/v3/account/totp/codes",
    key: "session",
    body: "*",
    request: "TotpCode",
    response: "RecoveryCodes",
  },
  DisableTotp: { method: "POST", path: "/v3/account/totp/disable", key: "session", body: "*", request: "TotpCode" },
};

/** The operations of supergame that go beyond the common client protocol. */
export class SupergameClient {
  #server;

  constructor(config) {
    this.#server = new Transport(OPERATIONS, TYPES, config);
  }

  exportAccount(session, options) {
    return this.#server.call("ExportAccount", session, {}, options);
  }

  authenticateOpenId(request, options) {
    return this.#server.call("AuthenticateOpenId", undefined, request, options);
  }

  linkOpenId(session, request, options) {
    return this.#server.call("LinkOpenId", session, request, options);
  }

  unlinkOpenId(session, request, options) {
    return this.#server.call("UnlinkOpenId", session, request, options);
  }

  listLinks(session, options) {
    return this.#server.call("ListLinks", session, {}, options);
  }

  requestEmailVerification(session, options) {
    return this.#server.call("RequestEmailVerification", session, {}, options);
  }

  verifyEmail(request, options) {
    return this.#server.call("VerifyEmail", undefined, request, options);
  }

  requestPasswordReset(request, options) {
    return this.#server.call("RequestPasswordReset", undefined, request, options);
  }

  resetPassword(request, options) {
    return this.#server.call("ResetPassword", undefined, request, options);
  }

  getSecondFactor(session, options) {
    return this.#server.call("GetSecondFactor", session, {}, options);
  }

  enrolTotp(session, options) {
    return this.#server.call("EnrolTotp", session, {}, options);
  }

  confirmTotp(session, request, options) {
    return this.#server.call("ConfirmTotp", session, request, options);
  }

  renewRecoveryCodes(session, request, options) {
    return this.#server.call("RenewRecoveryCodes", session, request, options);
  }

  disableTotp(session, request, options) {
    return this.#server.call("DisableTotp", session, request, options);
  }
}
