// Keeping an account: an email address and a password for other browsers, proved by a letter, and a second factor.
// The address is linked by the common protocol; the rest goes beyond it, and is what supergame's own client is for.

import { SupergameClient } from "/supergame/supergame.js";
import { SERVER_KEY } from "./net.js";
import { keepDevice, newDeviceId } from "./account.js";

const dialog = document.querySelector("#secure");
const forms = dialog.querySelectorAll("form[data-step]");

export class Secure {
  constructor(net) {
    this.net = net;
    const useSSL = location.protocol === "https:";
    const port = location.port || (useSSL ? 443 : 80);
    this.client = new SupergameClient({ serverKey: SERVER_KEY, host: location.hostname, port, useSSL });
    document.querySelector("#secure-open").addEventListener("click", () => this.open());
    for (const button of dialog.querySelectorAll("[data-go]")) {
      button.addEventListener("click", () => this.attempt(() => this.take(button.dataset.go, {})));
    }
    for (const form of forms) {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.attempt(() => this.take(form.dataset.step, Object.fromEntries(new FormData(form))));
      });
    }
  }

  open() {
    dialog.showModal();
    this.attempt(() => this.look());
  }

  async attempt(action) {
    dialog.querySelector(".error").textContent = "";
    dialog.ariaBusy = "true";
    try {
      await action();
    } catch (error) {
      dialog.querySelector(".error").textContent = error.message;
    }
    dialog.ariaBusy = "false";
  }

  // Shows the step that the account is at.
  async look() {
    const { email, verify_time: verified } = await this.net.http("GET", "/v2/account");
    this.say(".address", email ?? "");
    if (!email) return this.show("email");
    if (!verified) return this.show("verify");
    const factor = await this.asPlayer((session) => this.client.getSecondFactor(session));
    this.say(".codes-left", factor.recovery_codes);
    return this.show(factor.enable_time ? "on" : "safe");
  }

  // What each form does with its fields, or a button without any.
  async take(step, { email, password, token, code }) {
    switch (step) {
      case "email":
        await this.net.http("POST", "/v2/account/link/email", { email, password });
        await this.sendLetter();
        return this.look();
      case "letter":
        return this.sendLetter();
      case "verify":
        await this.client.verifyEmail({ token });
        return this.look();
      case "safe": {
        const { secret, uri } = await this.asPlayer((session) => this.client.enrolTotp(session));
        this.say("#secret", secret);
        dialog.querySelector("#secret").href = uri;
        return this.show("enrol");
      }
      case "enrol": {
        const { codes } = await this.asPlayer((session) => this.client.confirmTotp(session, { code }));
        this.say("#recovery-codes", codes.join("\n"));
        return this.show("codes");
      }
      case "on":
        await this.asPlayer((session) => this.client.disableTotp(session, { code }));
        return this.look();
      case "login":
        return email ? this.moveIn(email, password, code) : this.show("login");
      default:
        return this.look();
    }
  }

  sendLetter() {
    return this.asPlayer((session) => this.client.requestEmailVerification(session));
  }

  asPlayer(call) {
    return this.net.renewing(() => call(this.net));
  }

  // Logs in by email, and lets this browser be one of the account's devices from now on.
  async moveIn(email, password, code) {
    const device = newDeviceId();
    await this.net.loginByEmail(email, password, code ? { totp: code } : {});
    await this.net.http("POST", "/v2/account/link/device", { id: device });
    keepDevice(device, this.net.username);
    location.reload();
  }

  show(step) {
    for (const form of forms) {
      form.reset();
      form.hidden = form.dataset.step !== step;
    }
    dialog.dataset.step = step;
    dialog.querySelector(`[data-step="${step}"] input`)?.focus();
  }

  say(selector, text) {
    for (const place of dialog.querySelectorAll(selector)) place.textContent = text;
  }
}
