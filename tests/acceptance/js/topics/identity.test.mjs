// Players who come from other platforms; stand-ins of these give them what they show to prove who they are there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SupergameClient } from "../../../../clients/js/supergame.js";
import { client, PORT, refusal, unique, withPlayers } from "../player.mjs";

const PLATFORMS = process.env.SUPERGAME_PLATFORMS;
const supergame = new SupergameClient({ serverKey: "defaultkey", host: "127.0.0.1", port: PORT });
let count = 0;

/** Somebody whom no other test knows, by an id that every platform accepts. */
const somebody = () => `${Date.now()}${process.pid % 1000}${(count += 1)}`;

/** What a player shows to be that one on a platform. */
async function proof(platform, who, query = "") {
  return (await fetch(`${PLATFORMS}/proof/${platform}/${who}${query}`)).json();
}

const befriend = (who, friends) => fetch(`${PLATFORMS}/friends/${who}`, { method: "PUT", body: JSON.stringify(friends) });

function authenticateGameCenter(shown, username) {
  const { bundle_id, player_id, public_key_url, salt, signature, timestamp_seconds } = shown;
  return client().authenticateGameCenter(
    bundle_id, player_id, public_key_url, salt, signature, timestamp_seconds, username, true,
  );
}

/** One platform: somebody logs in twice, links it to another account, and takes it away again. */
async function theWholeWay({ platform, field, login, link, unlink }) {
  const who = somebody();
  const username = unique("ann");
  const first = await login(await proof(platform, who), username);
  assert.equal(first.created, true);
  assert.equal(first.username, username);
  const again = await login(await proof(platform, who));
  assert.equal(again.created, false);
  assert.equal(again.user_id, first.user_id);

  await withPlayers(["bob"], async (bob) => {
    const conflict = await refusal(link(bob, await proof(platform, who)));
    assert.equal(conflict.status, 409);
    assert.match(conflict.message, /ID is already in use\.$/);

    const other = somebody();
    await link(bob, await proof(platform, other));
    const account = await bob.client.getAccount(bob.session);
    assert.equal(account.user[field], other);
    assert.equal((await login(await proof(platform, other))).user_id, bob.userId);

    await unlink(bob, await proof(platform, other));
    const { code, message } = await refusal(unlink(bob, await proof(platform, other)));
    assert.equal(code, 7);
    assert.equal(message, "Cannot unlink last account identifier. Check profile exists and is not last link.");
  });
}

test("Apple: login, link, unlink [AuthenticateApple LinkApple UnlinkApple]", () =>
  theWholeWay({
    platform: "apple",
    field: "apple_id",
    login: ({ token }, username) => client().authenticateApple(token, true, username),
    link: (player, shown) => player.client.linkApple(player.session, shown),
    unlink: (player, shown) => player.client.unlinkApple(player.session, shown),
  }));

test("Facebook: login, link, unlink [AuthenticateFacebook LinkFacebook UnlinkFacebook]", () =>
  theWholeWay({
    platform: "facebook",
    field: "facebook_id",
    login: ({ token }, username) => client().authenticateFacebook(token, true, username),
    link: (player, shown) => player.client.linkFacebook(player.session, shown),
    unlink: (player, shown) => player.client.unlinkFacebook(player.session, shown),
  }));

test("Facebook's Limited Login takes the same way [AuthenticateFacebook LinkFacebook UnlinkFacebook]", () =>
  theWholeWay({
    platform: "limited",
    field: "facebook_id",
    login: ({ token }, username) => client().authenticateFacebook(token, true, username),
    link: (player, shown) => player.client.linkFacebook(player.session, shown),
    unlink: (player, shown) => player.client.unlinkFacebook(player.session, shown),
  }));

test("Instant Games: login, link, unlink [AuthenticateFacebookInstantGame LinkFacebookInstantGame UnlinkFacebookInstantGame]", () =>
  theWholeWay({
    platform: "facebookinstantgame",
    field: "facebook_instant_game_id",
    login: ({ signed_player_info }, username) =>
      client().authenticateFacebookInstantGame(signed_player_info, true, username),
    link: (player, shown) => player.client.linkFacebookInstantGame(player.session, shown),
    unlink: (player, shown) => player.client.unlinkFacebookInstantGame(player.session, shown),
  }));

test("Game Center: login, link, unlink [AuthenticateGameCenter LinkGameCenter UnlinkGameCenter]", () =>
  theWholeWay({
    platform: "gamecenter",
    field: "gamecenter_id",
    login: authenticateGameCenter,
    link: (player, shown) => player.client.linkGameCenter(player.session, shown),
    unlink: (player, shown) => player.client.unlinkGameCenter(player.session, shown),
  }));

test("Google: login, link, unlink [AuthenticateGoogle LinkGoogle UnlinkGoogle]", () =>
  theWholeWay({
    platform: "google",
    field: "google_id",
    login: ({ token }, username) => client().authenticateGoogle(token, true, username),
    link: (player, shown) => player.client.linkGoogle(player.session, shown),
    unlink: (player, shown) => player.client.unlinkGoogle(player.session, shown),
  }));

test("Steam: login, link, unlink [AuthenticateSteam LinkSteam UnlinkSteam]", () =>
  theWholeWay({
    platform: "steam",
    field: "steam_id",
    login: ({ token }, username) => client().authenticateSteam(token, true, username),
    link: (player, shown) => player.client.linkSteam(player.session, { account: shown }),
    unlink: (player, shown) => player.client.unlinkSteam(player.session, shown),
  }));

test("any OpenID Connect provider [AuthenticateOpenId LinkOpenId UnlinkOpenId ListLinks]", async () => {
  const who = somebody();
  const first = await supergame.authenticateOpenId({ provider: "test", account: await proof("openid", who) });
  assert.equal(first.created, true);
  await withPlayers(["bob"], async (bob) => {
    const other = somebody();
    await supergame.linkOpenId(bob.session, { provider: "test", account: await proof("openid", other) });
    const { links } = await supergame.listLinks(bob.session);
    assert.deepEqual(links.map(({ provider }) => provider).sort(), ["device", "openid:test"]);
    await supergame.unlinkOpenId(bob.session, { provider: "test" });
    await assert.rejects(supergame.unlinkOpenId(bob.session, { provider: "test" }), { code: 7, status: 403 });
  });
});

test("session variables, and accounts that are not to be made [AuthenticateApple]", async () => {
  const { token } = await proof("apple", somebody());
  assert.equal((await refusal(client().authenticateApple(token, false))).code, 5);
  const session = await client().authenticateApple(token, true, unique("ann"), { team: "red" });
  assert.deepEqual(session.vars, { team: "red" });
});

test("what proves nothing is refused [AuthenticateApple AuthenticateGoogle]", async () => {
  const refused = { status: 401, code: 16, message: "Could not authenticate Apple profile." };
  for (const query of ["?aud=another-game", "?iss=https://issuer.example"]) {
    const { token } = await proof("apple", somebody(), query);
    assert.deepEqual(await refusal(client().authenticateApple(token)), refused);
  }
  const forged = (await proof("google", somebody())).token.slice(0, -8) + "AAAAAAAA";
  assert.equal((await refusal(client().authenticateGoogle(forged))).message, "Could not authenticate Google profile.");
  assert.equal((await refusal(client().authenticateSteam(""))).message, "Steam access token is required.");
});

test("friends come along from Facebook and Steam [ImportFacebookFriends ImportSteamFriends GetUsers]", async () => {
  await withPlayers(["ann", "bob", "carol"], async (ann, bob, carol) => {
    const [annElsewhere, bobElsewhere, carolElsewhere] = [somebody(), somebody(), somebody()];
    await befriend(annElsewhere, [bobElsewhere, carolElsewhere]);
    await bob.client.linkFacebook(bob.session, await proof("facebook", bobElsewhere));
    await carol.client.linkSteam(carol.session, { account: await proof("steam", carolElsewhere) });
    await ann.client.importFacebookFriends(ann.session, await proof("facebook", annElsewhere));
    await ann.client.importSteamFriends(ann.session, await proof("steam", annElsewhere), false);
    const { friends } = await ann.client.listFriends(ann.session);
    assert.deepEqual(friends.map(({ user }) => user.id).sort(), [bob.userId, carol.userId].sort());
    const { users } = await ann.client.getUsers(ann.session, [], [], [bobElsewhere]);
    assert.deepEqual(users.map(({ id, facebook_id }) => [id, facebook_id]), [[bob.userId, bobElsewhere]]);
  });
});
