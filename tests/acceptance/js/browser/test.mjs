// What the topics use of `node:test`, for a page: the tests that a topic has, run one after the other.
const cases = [];

export function test(title, options, body = options) {
  cases.push({ title, skipped: Boolean(options.skip), body });
}

/** Run them; gives how many there were, and what was wrong. */
export async function run() {
  const failures = [];
  const played = cases.filter(({ skipped }) => !skipped);
  for (const { title, body } of played) {
    try {
      await body();
    } catch (error) {
      failures.push(`${title}: ${error.stack ?? JSON.stringify(error)}`);
    }
  }
  return { played: played.length, failures };
}
