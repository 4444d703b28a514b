"""A real browser, spoken to in its own protocol over two pipes: nothing to install but the browser.

https://chromedevtools.github.io/devtools-protocol/, started with --remote-debugging-pipe.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 60  # seconds
KEYS = {"Tab": 9, "Enter": 13, "Space": 32}


def program() -> str:
    """The browser of this machine; a machine without one skips, and says what to do."""
    named = os.environ.get("PAYCTL_BROWSER")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium here: apt install chromium, or name one in PAYCTL_BROWSER")
    return found


class Page:
    """One page. `requests` are the URLs that it asked for, `complaints` what it logged."""

    def __init__(self, commands: BinaryIO, answers: int) -> None:
        """`answers` is the file descriptor that the browser writes to."""
        self._commands, self._answers = commands, answers
        self._received = bytearray()
        self._number, self._session = 0, ""
        self._loaded = False
        self.requests: list[str] = []
        self.complaints: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its answer; events that come between are kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        self._commands.flush()
        while True:
            said = self._next()
            if said.get("id") == self._number:
                assert "error" not in said, said
                result: dict[str, Any] = said["result"]
                return result

    def open(self, address: Path | str) -> None:
        """Go there and wait until it is loaded."""
        self._loaded = False
        self.call("Page.navigate", url=address if isinstance(address, str) else address.as_uri())
        while not self._loaded:
            self._next()

    def js(self, expression: str) -> Any:
        """The value of an expression in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def press(self, key: str) -> None:
        """As a finger does it."""
        text = {"Enter": "\r", "Space": " "}.get(key)
        code = {"key": " " if key == "Space" else key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        self.call("Input.dispatchKeyEvent", **down, **code)
        self.call("Input.dispatchKeyEvent", type="keyUp", **code)

    def theme(self, name: str) -> None:
        """`light` or `dark`."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def screenshot(self, file: Path) -> None:
        """What a person sees, as PNG."""
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def _next(self) -> dict[str, Any]:
        while (end := self._received.find(b"\0")) < 0:
            ready, _, _ = select.select([self._answers], [], [], PATIENCE)
            assert ready, f"the browser sent nothing for {PATIENCE} s"
            chunk = os.read(self._answers, 65536)
            assert chunk, "the browser has ended"
            self._received += chunk
        text = bytes(self._received[:end])
        del self._received[: end + 1]
        said: dict[str, Any] = json.loads(text)
        match said.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(said["params"]["request"]["url"])
            case "Log.entryAdded":
                self.complaints.append(said["params"]["entry"]["text"])
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(said["params"]))
            case "Page.loadEventFired":
                self._loaded = True
        return said


@contextlib.contextmanager
def browsing(profile: Path) -> Iterator[Page]:
    """A browser of its own, ended with the block."""
    to_browser, commands = os.pipe()
    answers, from_browser = os.pipe()
    words = [
        program(),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--remote-debugging-pipe",
    ]
    words += [f"--user-data-dir={profile}", "--disable-dev-shm-usage", "--window-size=1280,1400"]
    # The browser reads commands from descriptor 3 and writes to 4: bash puts the pipes there.
    script = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
    child = subprocess.Popen(
        ["bash", "-c", script, "bash", *words],
        pass_fds=(to_browser, from_browser),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_browser)
    os.close(from_browser)
    try:
        with os.fdopen(commands, "wb") as sink:
            page = Page(sink, answers)
            yield page
            page._session = ""
            page.call("Browser.close")
    finally:
        os.close(answers)
        _ended(child)


def _ended(child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    if child.poll() is None:
        child.kill()
        child.wait()
