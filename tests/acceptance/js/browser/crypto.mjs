// What the topics use of `node:crypto`, for a page.
export const randomUUID = () => crypto.randomUUID();
