// A small program with the client as it is handed out.
import { type AccountLink, SupergameClient, SupergameError, type RecoveryCodes } from "./client/supergame.js";

const client = new SupergameClient();

export async function secure(session: { token: string }, code: string): Promise<string[]> {
  const { uri } = await client.enrolTotp(session);
  const codes: RecoveryCodes = await client.confirmTotp(session, { code: `${code}${uri.length}` });
  const links: AccountLink[] = (await client.listLinks(session)).links;
  const newest: number = links[0]?.link_time?.getTime() ?? 0;
  const known = await client.authenticateOpenId({ provider: "mine", account: { token: "x" }, create: false });
  await client.linkOpenId(known, { provider: "mine" });
  return [...codes.codes, String(newest), (await client.exportAccount(known)).archive];
}

export function whatWentWrong(error: unknown): string {
  return error instanceof SupergameError ? `${error.code} ${error.message}` : String(error);
}

// @ts-expect-error the provider is a part of the path
void client.unlinkOpenId("token", {});
