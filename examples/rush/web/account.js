// Who the player is: a device id kept by the browser, and a name that can be changed in the lobby.

const NAME_TAKEN = 6;
const TRIES_MAX = 5;
const ADJECTIVES = ["Swift", "Brave", "Sunny", "Lucky", "Zippy", "Merry", "Nimble", "Bold", "Jolly", "Quick"];
const ANIMALS = ["Fox", "Otter", "Lynx", "Robin", "Hare", "Panda", "Finch", "Koala", "Gecko", "Marten"];

const $ = (selector) => document.querySelector(selector);

export class Account {
  constructor(net) {
    this.net = net;
    $("#name").addEventListener("input", () => {
      $("#name-error").textContent = "";
      $("#name-save").hidden = $("#name").value.trim() === net.username;
    });
    $("#name-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.rename($("#name").value.trim());
    });
  }

  // Logs in under the name of last time, or under one made up that nobody has yet.
  async logIn() {
    for (let tries = 1; ; tries++) {
      try {
        await this.net.login(deviceId(), localStorage.getItem("rush.name") ?? inventName());
        this.show();
        return;
      } catch (error) {
        if (error.code !== NAME_TAKEN || tries === TRIES_MAX) throw error;
        localStorage.removeItem("rush.name");
      }
    }
  }

  async rename(name) {
    if (!name || name === this.net.username) return;
    try {
      await this.net.rename(name);
      this.show();
    } catch (error) {
      $("#name-error").textContent = error.message;
    }
  }

  show() {
    localStorage.setItem("rush.name", this.net.username);
    $("#name").value = this.net.username;
    $("#name-save").hidden = true;
  }
}

function deviceId() {
  const known = localStorage.getItem("rush.device");
  if (known) return known;
  const made = newDeviceId();
  localStorage.setItem("rush.device", made);
  return made;
}

export function newDeviceId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// From the next log-in on, this browser is that device, of a player of that name.
export function keepDevice(id, name) {
  localStorage.setItem("rush.device", id);
  localStorage.setItem("rush.name", name);
}

function inventName() {
  const pick = (words) => words[Math.floor(Math.random() * words.length)];
  return `${pick(ADJECTIVES)}${pick(ANIMALS)}${Math.floor(10 + Math.random() * 90)}`;
}
