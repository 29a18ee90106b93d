// Made by clients/generate.py of the server's own declarations: `make clients` makes it anew.
import type { CallOptions, Config, SessionToken } from "./transport.js";

export type { CallOptions, Config, SessionToken } from "./transport.js";
export { SupergameError } from "./transport.js";

/** An account of the provider that the server's settings know by that name. */
export interface AuthenticateOpenIdRequest {
  provider: string;
  account?: AccountOpenId;
  create?: boolean;
  username?: string;
}

/**
 * An id token, or an authorization code to be exchanged for one; `vars` go into the session token. With a code,
 * `redirect_uri` and `code_verifier` (PKCE) are those of the authorization request. A `nonce`, if it is given, has to
 * be the token's: it is that of the authorization request, hashed where the request's was.
 */
export interface AccountOpenId {
  token?: string;
  code?: string;
  code_verifier?: string;
  redirect_uri?: string;
  nonce?: string;
  vars?: Record<string, string>;
}

/** An account of the provider that the server's settings know by that name. */
export interface LinkOpenIdRequest {
  provider: string;
  account?: AccountOpenId;
}

/** The provider whose account is no longer to log in. */
export interface UnlinkOpenIdRequest {
  provider: string;
}

/** The token out of the letter. */
export interface VerifyEmailRequest {
  token?: string;
}

/** The address that the account is linked to. */
export interface RequestPasswordResetRequest {
  email?: string;
}

/** The token out of the letter, and the new password. */
export interface ResetPasswordRequest {
  token?: string;
  password?: string;
}

/** Six digits from an authenticator app, or a recovery code. */
export interface TotpCode {
  code?: string;
}

/** Everything that is kept on a player; `archive` is JSON in text, an object by feature. */
export interface AccountArchive {
  user_id: string;
  archive: string;
}

/** The tokens of a player who has authenticated: `token` for every call, `refresh_token` for the next pair. */
export interface Session {
  created: boolean;
  token: string;
  refresh_token: string;
}

/** Every way to log in that the player has, newest first. */
export interface AccountLinks {
  links: Array<AccountLink>;
}

/** One way to log in: `provider` is device, custom, email, apple, ... or openid:<name>. */
export interface AccountLink {
  provider: string;
  id: string;
  link_time?: Date;
}

/** Whether logins with a password need a code: since when, and how many recovery codes are left. */
export interface SecondFactor {
  enable_time?: Date;
  recovery_codes: number;
}

/** What an authenticator app needs: the secret in base32, and the same as a URI, often shown as a QR code. */
export interface TotpEnrolment {
  secret: string;
  uri: string;
}

/** Codes that each do once in place of one from an app. They are told here and never again. */
export interface RecoveryCodes {
  codes: Array<string>;
}

/** The operations of supergame that go beyond the common client protocol. */
export class SupergameClient {
  #private;
  constructor(config?: Config);

  /** Get everything that is kept on the player, as one archive. */
  exportAccount(session: SessionToken, options?: CallOptions): Promise<AccountArchive>;

  /** Authenticate with an account of a configured OpenID Connect provider. */
  authenticateOpenId(request: AuthenticateOpenIdRequest, options?: CallOptions): Promise<Session>;

  /** Add an account of a configured OpenID Connect provider to the player's ways of authenticating. */
  linkOpenId(session: SessionToken, request: LinkOpenIdRequest, options?: CallOptions): Promise<void>;

  /** Remove an account of a configured OpenID Connect provider; the last way of authenticating cannot be removed. */
  unlinkOpenId(session: SessionToken, request: UnlinkOpenIdRequest, options?: CallOptions): Promise<void>;

  /** List the player's ways of authenticating. */
  listLinks(session: SessionToken, options?: CallOptions): Promise<AccountLinks>;

  /** Send a letter to the player's email address, with a token that proves it. */
  requestEmailVerification(session: SessionToken, options?: CallOptions): Promise<void>;

  /** Prove an email address with the token that was sent there. */
  verifyEmail(request: VerifyEmailRequest, options?: CallOptions): Promise<void>;

  /** Send a letter with a token for a new password, if an account has that email address. */
  requestPasswordReset(request: RequestPasswordResetRequest, options?: CallOptions): Promise<void>;

  /** Set a new password with the token that was sent; all sessions of the player end. */
  resetPassword(request: ResetPasswordRequest, options?: CallOptions): Promise<void>;

  /** Get whether the player's logins with a password need a code. */
  getSecondFactor(session: SessionToken, options?: CallOptions): Promise<SecondFactor>;

  /** Begin to set up a second factor: get the secret for an authenticator app. */
  enrolTotp(session: SessionToken, options?: CallOptions): Promise<TotpEnrolment>;

  /** Switch the second factor on with a first code from the app. */
  confirmTotp(session: SessionToken, request: TotpCode, options?: CallOptions): Promise<RecoveryCodes>;

  /** Get new recovery codes in place of the old ones. */
  renewRecoveryCodes(session: SessionToken, request: TotpCode, options?: CallOptions): Promise<RecoveryCodes>;

  /** Switch the second factor off with a code. */
  disableTotp(session: SessionToken, request: TotpCode, options?: CallOptions): Promise<void>;
}
