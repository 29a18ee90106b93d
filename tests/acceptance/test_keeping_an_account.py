"""A player of the demo keeps an account in a real Chromium: address, letter, second factor, and another browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pyotp
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait
from tests.acceptance.chromium import chromium, needs_chromium, severe
from tests.acceptance.server import Server

pytestmark = needs_chromium

ADDRESS, PASSWORD = "ann@example.com", "correct horse"
SECONDS_MAX = 30


class Page:
    """The lobby of the game, and the dialog about the account."""

    def __init__(self, browser: WebDriver) -> None:
        self.browser = browser

    def open(self, port: int) -> None:
        self.browser.get(f"http://127.0.0.1:{port}/")
        self.until(lambda: self.browser.execute_script("return document.body.dataset.online") == "yes")

    def ask_to_keep(self, step: str) -> None:
        """Open the dialog, which comes up with a step."""
        self.browser.find_element(By.CSS_SELECTOR, "#secure-open").click()
        self.at(step)

    def at(self, step: str) -> None:
        """Wait for a step of the dialog."""
        shown = "return document.querySelector('#secure').dataset.step"
        self.until(lambda: self.browser.execute_script(shown) == step)

    def fill(self, step: str, **fields: str) -> None:
        """Fill in the form of a step, and send it."""
        form = self.browser.find_element(By.CSS_SELECTOR, f"#secure [data-step={step}]")
        for name, value in fields.items():
            field = form.find_element(By.NAME, name)
            field.clear()
            field.send_keys(value)
        form.find_element(By.CSS_SELECTOR, "button:not([type])").click()

    def text(self, selector: str) -> str:
        return str(self.browser.find_element(By.CSS_SELECTOR, selector).get_attribute("textContent"))

    def name(self) -> str:
        return str(self.browser.execute_script("return window.rush.net.username"))

    def until(self, condition: Callable[[], object]) -> None:
        WebDriverWait(self.browser, SECONDS_MAX, poll_frequency=0.05).until(lambda _: condition())


def token_in(mail: Path) -> str:
    """What the only letter in a folder wants to have entered, empty before it is there."""
    for letter in mail.glob("*.eml"):
        found = re.search(r"^ {4}(\S+)\r?$", letter.read_text(), re.MULTILINE)
        return found[1] if found else ""
    return ""


def test_an_account_is_kept_and_found_again_by_a_browser_that_knows_nothing(tmp_path: Path) -> None:
    with Server(tmp_path, None, command="demo") as server, chromium(tmp_path / "browser") as browser:
        page = Page(browser)
        page.open(server.port)
        ann = page.name()
        page.ask_to_keep("email")
        page.fill("email", email=ADDRESS, password=PASSWORD)
        page.at("verify")
        page.until(lambda: token_in(server.data / "mail"))
        page.fill("verify", token="made up")
        page.until(lambda: page.text("#secure .error"))
        page.fill("verify", token=token_in(server.data / "mail"))
        page.at("safe")

        page.fill("safe")
        page.at("enrol")
        page.fill("enrol", code=pyotp.TOTP(page.text("#secret")).now())
        page.at("codes")
        codes = page.text("#recovery-codes").split("\n")
        page.fill("codes")
        page.at("on")

        browser.execute_script("localStorage.clear()")
        page.open(server.port)
        assert page.name() != ann
        page.ask_to_keep("email")
        browser.find_element(By.CSS_SELECTOR, "#secure [data-go=login]").click()
        page.fill("login", email=ADDRESS, password=PASSWORD)
        page.until(lambda: page.text("#secure .error") == "One-time code required.")
        page.fill("login", code=codes[0])
        page.until(lambda: page.name() == ann)
        page.ask_to_keep("on")
        assert page.text(".codes-left") == str(len(codes) - 1)
        page.fill("on", code=codes[1])
        page.at("safe")
        assert [line for line in severe(browser) if " status of 40" not in line] == []
        assert server.complaints() == []
