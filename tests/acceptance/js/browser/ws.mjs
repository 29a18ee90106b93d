// A browser has sockets of its own.
export default globalThis.WebSocket;
