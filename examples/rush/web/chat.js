// The chat room of everybody in the game.

const ROOM = "rush";
const ROOM_TYPE = 1;
const HISTORY = 20;
const LINES_MAX = 100;
const MESSAGE = 0;

export class Chat {
  // `onSaid(userId, text)` hears every new message.
  constructor(net, onSaid) {
    this.net = net;
    this.onSaid = onSaid;
    this.log = document.querySelector("#chat-log");
    this.input = document.querySelector("#chat-input");
    this.present = new Map();
    document.querySelector("#chat-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    net.addEventListener("channel_message", ({ detail }) => this.heard(detail));
    net.addEventListener("channel_presence_event", ({ detail }) => this.moved(detail));
  }

  async join() {
    const join = { target: ROOM, type: ROOM_TYPE, persistence: true };
    this.channel = await this.net.ask({ channel_join: join });
    this.present = new Map([...(this.channel.presences ?? []), this.channel.self].map((one) => [one.session_id, one]));
    this.count();
    const query = new URLSearchParams({ limit: HISTORY, forward: "false" });
    const { messages = [] } = await this.net.http("GET", `/v2/channel/${this.channel.id}?${query}`);
    this.log.replaceChildren();
    for (const message of messages.reverse()) this.show(message);
  }

  async send() {
    const text = this.input.value.trim();
    if (!text || !this.channel) return;
    this.input.value = "";
    const send = { channel_id: this.channel.id, content: JSON.stringify({ text }) };
    try {
      await this.net.ask({ channel_message_send: send });
    } catch (error) {
      this.note(error.message);
    }
  }

  heard(message) {
    if (message.channel_id !== this.channel?.id || (message.code ?? MESSAGE) !== MESSAGE) return;
    this.show(message);
    this.onSaid(message.sender_id, textOf(message));
  }

  moved({ channel_id: id, joins = [], leaves = [] }) {
    if (id !== this.channel?.id) return;
    for (const one of leaves) this.present.delete(one.session_id);
    for (const one of joins) this.present.set(one.session_id, one);
    this.count();
  }

  count() {
    document.querySelector("#chat-count").textContent = `· ${this.present.size} here`;
  }

  show(message) {
    const [line, who] = [document.createElement("li"), document.createElement("b")];
    who.textContent = message.username;
    line.append(who, ` ${textOf(message)}`);
    line.classList.toggle("mine", message.sender_id === this.net.userId);
    this.append(line);
  }

  note(text) {
    const line = document.createElement("li");
    line.textContent = text;
    this.append(line);
  }

  append(line) {
    this.log.append(line);
    while (this.log.children.length > LINES_MAX) this.log.firstChild.remove();
    this.log.scrollTop = this.log.scrollHeight;
  }
}

function textOf(message) {
  try {
    return String(JSON.parse(message.content).text ?? "");
  } catch {
    return "";
  }
}
