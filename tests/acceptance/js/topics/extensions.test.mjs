// Our own client for what goes beyond the common protocol, beside the unchanged one and with its sessions.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SupergameClient, SupergameError } from "../../../../clients/js/supergame.js";
import { client, PORT, unique } from "../player.mjs";

const supergame = new SupergameClient({ serverKey: "defaultkey", host: "127.0.0.1", port: PORT });

async function withEmail() {
  const email = `${unique("mail")}@example.com`;
  return { email, session: await client().authenticateEmail(email, "correct horse", true, unique("ann")) };
}

test("players see how they log in, and everything that is kept on them [ListLinks ExportAccount]", async () => {
  const { email, session } = await withEmail();
  const { links } = await supergame.listLinks(session);
  assert.deepEqual(links.map(({ provider, id }) => [provider, id]), [["email", email]]);
  const { user_id, archive } = await supergame.exportAccount(session.token);
  assert.equal(user_id, session.user_id);
  assert.ok(JSON.parse(archive));
  assert.ok(archive.includes(email));
});

test("a second factor is set up with times as dates [GetSecondFactor EnrolTotp]", async () => {
  const { session } = await withEmail();
  assert.deepEqual(await supergame.getSecondFactor(session), { recovery_codes: 0 });
  const { secret, uri } = await supergame.enrolTotp(session);
  assert.match(uri, new RegExp(`^otpauth://totp/.*secret=${secret}`));
});

test("what answers with nothing gives nothing [RequestEmailVerification]", async () => {
  const { session } = await withEmail();
  assert.equal(await supergame.requestEmailVerification(session), undefined);
});

test("refusals are errors that say what, and why", async () => {
  const { session } = await withEmail();
  const refused = [
    [() => supergame.exportAccount("x"), 16, 401],
    [() => supergame.verifyEmail({ token: "x" }), 3, 400],
    [() => supergame.resetPassword({ token: "x", password: "battery staple" }), 3, 400],
    [() => supergame.confirmTotp(session, { code: "123456" }), 5, 404],
  ];
  for (const [call, code, status] of refused) {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof SupergameError, error);
      assert.deepEqual([error.code, error.status], [code, status], error.message);
      return true;
    });
  }
});
