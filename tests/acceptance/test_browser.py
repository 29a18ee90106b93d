"""Two people open the demo in a real Chromium, race each other and chat; what they did outlives a kill -9."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait
from tests.acceptance.chromium import chromium, needs_chromium, severe
from tests.acceptance.server import Server

from supergame.client import Client

DRIVER = Path(__file__).with_name("driver.js").read_text()
RACE_SECONDS_MAX = 150
MEETINGS_MAX = 4

pytestmark = needs_chromium


class Page:
    """The game in a window of its own."""

    def __init__(self, browser: WebDriver) -> None:
        self.browser = browser

    def open(self, port: int, name: str) -> None:
        """Open the lobby and take a name."""
        self.browser.get(f"http://127.0.0.1:{port}/")
        self.until(lambda: self.body("online") == "yes")
        field = self.find("#name")
        field.clear()
        field.send_keys(name)
        field.submit()
        self.until(lambda: not self.find("#name-save").is_displayed())

    def find(self, selector: str):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        self.browser.execute_script("arguments[0].click()", self.find(selector))

    def say(self, text: str) -> None:
        field = self.find("#chat-input")
        field.send_keys(text)
        field.submit()

    def hears(self, text: str) -> bool:
        return text in str(self.find("#chat-log").get_attribute("textContent"))

    def body(self, name: str) -> str:
        return str(self.browser.execute_script("return document.body.dataset[arguments[0]]", name))

    def run(self, script: str):
        return self.browser.execute_script(script)

    def drive(self) -> None:
        """Press keys from now on."""
        assert self.browser.execute_async_script(DRIVER) == "playing"

    def until(self, condition, seconds: float = 30) -> None:
        WebDriverWait(self.browser, seconds, poll_frequency=0.1).until(lambda _: condition())

    def problems(self) -> list[str]:
        """What the browser complains about; a connection that broke is the test's own doing."""
        log = severe(self.browser)
        return [message for message in log if "ERR_CONNECTION" not in message and "WebSocket" not in message]


async def times(port: int) -> list[int]:
    """What stands on the leaderboard, as anybody may ask."""
    async with Client("127.0.0.1", port) as client:
        session = await client.authenticate_device("somebody-who-looks")
        board = await client.list_scores(session, "rush_times")
        return [int(record.score) for record in board.records]


def meet(ann: Page, bob: Page) -> None:
    """Bring both into one race; on a machine so busy that one of them misses the start, they try again."""
    names = "return window.rush.positions().map(runner => runner.name)"
    for _ in range(MEETINGS_MAX):
        for page in (ann, bob):
            page.click("#match")
        try:
            for page in (ann, bob):
                page.until(lambda page=page: {"Ann", "Bob"} <= set(page.run(names)), 15)
        except TimeoutException:
            for page in (ann, bob):
                page.click("#cancel" if page.body("state") == "matching" else "#leave")
                page.until(lambda page=page: page.body("state") == "lobby")
        else:
            return
    pytest.fail("The two never were in one race.")


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[tuple[Page, Page]]:
    """Two browsers with nothing remembered."""
    with ExitStack() as stack:
        yield Page(stack.enter_context(chromium(tmp_path / "0"))), Page(stack.enter_context(chromium(tmp_path / "1")))


def test_two_pages_race_each_other_and_the_time_outlives_a_kill(tmp_path: Path, pages: tuple[Page, Page]) -> None:
    ann, bob = pages
    with Server(tmp_path, None, command="demo") as server:
        for page, name in ((ann, "Ann"), (bob, "Bob")):
            page.open(server.port, name)

        ann.say("hello Bob")
        bob.until(lambda: bob.hears("hello Bob"))

        meet(ann, bob)
        for page in (ann, bob):
            page.drive()
        place_of_ann = "return window.rush.positions().find(runner => runner.name === 'Ann')?.x ?? 0"
        start = bob.run(place_of_ann)
        bob.until(lambda: bob.run(place_of_ann) > start + 5)  # Bob sees Ann run
        picture = os.environ.get("SUPERGAME_PICTURE")
        if picture:
            bob.browser.save_screenshot(picture)

        finished = "return window.rush.race?.finished.get(window.rush.race.seat)?.ms ?? 0"
        ann.until(lambda: ann.run(finished), RACE_SECONDS_MAX)
        time_ms = ann.run(finished)
        assert 5_000 < time_ms < RACE_SECONDS_MAX * 1_000
        assert ann.problems() == bob.problems() == []
        ann.until(lambda: time_ms in asyncio.run(times(server.port)))  # it is acknowledged
        server.kill()

        server.start()
        ann.browser.get(f"http://127.0.0.1:{server.port}/")
        ann.until(lambda: ann.body("online") == "yes")
        ann.until(lambda: "Ann" in ann.find("#scores-list").text)
        shown = f"{time_ms // 60_000}:{time_ms % 60_000 // 1000:02d}.{time_ms % 1000 // 100}"
        assert shown in ann.find("#scores-list").text
        assert ann.hears("hello Bob")
        assert server.complaints() == []
