/** Where the server is, and the key that it lets clients log in with. The defaults are those of a server at home. */
export interface Config {
  serverKey?: string;
  host?: string;
  port?: string | number;
  useSSL?: boolean;
  /** How long a call may take. */
  timeoutMs?: number;
}

/** Who calls: a session token, or anything that has one, such as a `Session` of nakama-js. */
export type SessionToken = string | { readonly token: string };

export interface CallOptions {
  /** Ends the call when it is aborted; the call then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** How long this call may take, instead of what the client was made with. */
  timeoutMs?: number;
}

/** What the server refused, or why it could not be reached. */
export class SupergameError extends Error {
  readonly name: "SupergameError";
  /** The protocol's code, as gRPC has it: 3 for bad input, 5 not found, 8 too many, 16 unauthenticated, ... */
  readonly code: number;
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** When trying again will help, where the server has said so. */
  readonly retryAfterSeconds: number | undefined;
}
