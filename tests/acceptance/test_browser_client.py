"""The unchanged client in a real Chromium, on a page that another server has sent: to the node a foreign origin."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from selenium.webdriver.remote.webdriver import WebDriver
from tests.acceptance.chromium import chromium, needs_chromium, severe
from tests.acceptance.server import Server
from tests.acceptance.test_nakama_js import DELIBERATE, JS, OVER_SOCKETS, TOPICS

PLAY_SECONDS_MAX = 30
PLAY = """
const [port, encoding, done] = arguments;
import("/page.mjs").then((page) => page.play(port, encoding)).then(done, (error) => done(`${error.stack ?? error}`));
"""

TOPIC_SECONDS_MAX = 60
TOPIC = """
const [port, encoding, topic, done] = arguments;
globalThis.process = { env: { SUPERGAME_PORT: port, SUPERGAME_FORMAT: encoding }, pid: 1 };
const later = setTimeout.bind(globalThis);
globalThis.setTimeout = (...args) => ((id) => ({ unref: () => id }))(later(...args)); // as Node's are, see player.mjs
import(`/topics/${topic}.test.mjs`)
  .then(() => import("node:test"))
  .then(({ run }) => run())
  .then(done, (error) => done({ played: 0, failures: [`${error.stack ?? error}`] }));
"""

pytestmark = [
    needs_chromium,
    pytest.mark.skipif(not (JS / "node_modules").is_dir(), reason="The packages are not there (see test_nakama_js)"),
]


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def origin() -> Iterator[str]:
    """Where the page comes from: a server that has nothing to do with the node."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(JS))) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{files.server_port}"
        files.shutdown()


@pytest.fixture
def browser(tmp_path) -> Iterator[WebDriver]:
    with chromium(tmp_path / "browser") as browser:
        browser.set_script_timeout(PLAY_SECONDS_MAX)
        yield browser


def test_a_page_of_another_origin_plays_in_both_encodings(server: Server, browser: WebDriver, origin: str) -> None:
    browser.get(f"{origin}/page.html")
    for encoding in ("json", "protobuf"):
        assert browser.execute_async_script(PLAY, server.port, encoding) == {
            "origin": origin,
            "stored": [{"coins": 7}],
            "friends": [f"ann-{encoding}"],
            "said": [f"ann-{encoding}", {"text": "hello"}],
            "echoed": "over the socket",
            "overHttp": {"over": "HTTP"},
        }
    assert severe(browser) == []
    assert server.complaints() == []


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
def test_a_page_of_another_origin_plays_every_topic_about_sockets(
    server: Server, browser: WebDriver, origin: str, encoding: str
) -> None:
    browser.set_script_timeout(TOPIC_SECONDS_MAX)
    for topic in (topic for topic, text in TOPICS.items() if OVER_SOCKETS.search(text)):
        browser.get(f"{origin}/page.html")
        told = browser.execute_async_script(TOPIC, server.port, encoding, topic)
        assert told["failures"] == [], topic
        assert told["played"] > 0, topic
    assert [line for line in server.complaints() if DELIBERATE not in line] == []
