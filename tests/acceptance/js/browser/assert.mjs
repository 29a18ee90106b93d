// What the topics use of `node:assert/strict`, for a page.
const shown = (value) => JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part));

function check(holds, actual, wanted, message) {
  if (!holds) throw new Error(message ?? `${shown(actual)} where ${shown(wanted)} was wanted`);
}

function same(one, other) {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => Object.hasOwn(other, name) && same(one[name], other[name]));
}

async function rejects(promise) {
  const kept = await Promise.resolve(typeof promise === "function" ? promise() : promise).then(
    () => true,
    () => false,
  );
  check(!kept, "an answer", "a refusal");
}

export default {
  ok: (value, message) => check(value, value, true, message),
  equal: (actual, wanted, message) => check(Object.is(actual, wanted), actual, wanted, message),
  notEqual: (actual, other, message) => check(!Object.is(actual, other), actual, "something else", message),
  deepEqual: (actual, wanted, message) => check(same(actual, wanted), actual, wanted, message),
  match: (text, pattern) => check(pattern.test(text), text, String(pattern)),
  rejects,
};
