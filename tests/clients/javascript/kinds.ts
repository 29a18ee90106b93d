// What the types of every kind of value allow, and what they do not.
import { Mood, SupergameClient, SupergameError, type Whole, type WholeInput } from "./kinds/supergame.js";

const client = new SupergameClient({ port: 7350, serverKey: "key", useSSL: true, timeoutMs: 100 });

export async function right(): Promise<bigint> {
  const sent: WholeInput = { name: "x", large: "5", numbers: [1, 2n, "3"], data: new Uint8Array(2), mood: Mood.WILD };
  const whole: Whole = await client.mirror("token", sent, { signal: AbortSignal.timeout(5), timeoutMs: 5 });
  const back: Whole = await client.mirror({ token: "token" }, whole);
  const when: Date | undefined = back.time;
  const part: bigint | undefined = back.part?.size;
  const nothing: void = await client.wait();
  const { text }: { text: string } = await client.ask({ words: ["a"] });
  void [when, part, nothing, text, back.pairs["a"]];
  return whole.large;
}

export function wrong(whole: Whole, error: unknown): void {
  // @ts-expect-error the path needs a name
  void client.mirror("token", {});
  // @ts-expect-error there is no such field
  void client.mirror("token", { name: "x", lage: 5 });
  // @ts-expect-error a player has to be known
  void client.mirror({ name: "x" });
  // @ts-expect-error a number is no text
  void client.ask({ words: [1] });
  // @ts-expect-error it may not be there
  whole.time.getTime();
  // @ts-expect-error nobody is in such a mood
  void client.mirror("token", { name: "x", mood: 2 });
  if (error instanceof SupergameError) void [error.retryAfterSeconds ?? 0, error.code + error.status];
}
