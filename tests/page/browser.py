"""Chromium without a window, driven over its DevTools protocol."""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PATIENCE = 60.0
"""Seconds after which what did not come will not come."""

_ADDRESS = re.compile(r"DevTools listening on (ws://\S+)")
_KEYS = {
    "Enter": ("Enter", 13, "\r"), "Escape": ("Escape", 27, ""), "ArrowDown": ("ArrowDown", 40, ""),
    "ArrowUp": ("ArrowUp", 38, ""), "ArrowLeft": ("ArrowLeft", 37, ""), "ArrowRight": ("ArrowRight", 39, ""),
    "Home": ("Home", 36, ""), "End": ("End", 35, ""), " ": ("Space", 32, " "), "Tab": ("Tab", 9, ""),
}  # fmt: skip
_ELSEWHERE = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path(r"C:\Program Files\Google\Chrome\Application\chrome.exe"),
)


def find_browser() -> str | None:
    """A Chromium or Chrome; None where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"):
        found = shutil.which(name)
        if found is not None:
            return found
    return next((str(path) for path in _ELSEWHERE if path.is_file()), None)


class Page:
    """A page in a browser of its own."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: object) -> dict[str, Any]:
        """Send a command and wait for its result; events that come meanwhile are kept."""
        number = next(self._numbers)
        message: dict[str, object] = {"id": number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        self._connection.send(json.dumps(message))
        while True:
            answer = json.loads(self._connection.recv(timeout=PATIENCE))
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def size(self, width: int, height: int, scale: float = 1) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )

    def prefer(self, features: Mapping[str, str]) -> None:
        """Emulate what a reader prefers: ``prefers-color-scheme``, ``prefers-contrast``, ``forced-colors``."""
        listed = [{"name": name, "value": value} for name, value in features.items()]
        self.send("Emulation.setEmulatedMedia", features=listed)

    def before_load(self, script: str) -> None:
        """Run a script before those of the pages that are opened from now on."""
        self.send("Page.addScriptToEvaluateOnNewDocument", source=script)

    def open(self, uri: str) -> None:
        """Open a page and wait until it is loaded."""
        self.events.clear()
        self.send("Page.navigate", url=uri)
        end = time.monotonic() + PATIENCE
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            assert time.monotonic() < end, "the page was never loaded"
            self.events.append(json.loads(self._connection.recv(timeout=PATIENCE)))
        self.settle()

    def settle(self) -> None:
        """Wait until what was asked for is drawn."""
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")

    def run(self, expression: str) -> Any:
        """What a JavaScript expression gives, awaited.

        Raises:
            AssertionError: it threw.
        """
        answer = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key as a reader does."""
        code, number, text = _KEYS.get(key, ("", ord(key.upper()[0]), key))
        modifiers = 8 if shift else 0
        pressed = {"key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **pressed)
        self.send("Input.dispatchKeyEvent", type="keyUp", **pressed)
        self.settle()

    def type(self, text: str) -> None:
        self.send("Input.insertText", text=text)
        self.settle()

    def click(self, selector: str, *, twice: bool = False) -> None:
        """Click in the middle of the first element that a selector finds; ``twice`` for a double click."""
        box = self.run(
            f"(() => {{ const found = document.querySelector({json.dumps(selector)});"
            " found.scrollIntoView({ block: 'nearest' }); const box = found.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for count in (1, 2) if twice else (1,):
            where = {"x": box[0], "y": box[1], "button": "left", "clickCount": count}
            self.send("Input.dispatchMouseEvent", type="mousePressed", buttons=1, **where)
            self.send("Input.dispatchMouseEvent", type="mouseReleased", **where)
            self.settle()

    def screenshot(self, path: Path) -> None:
        data = self.send("Page.captureScreenshot", format="png")["data"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data))

    def requests(self) -> list[str]:
        """What the page asked for since it was opened."""
        sent = [event["params"]["request"]["url"] for event in self._of("Network.requestWillBeSent")]
        return [url for url in sent if not url.startswith(("chrome:", "data:"))]

    def complaints(self) -> list[object]:
        """Errors, warnings and exceptions since the page was opened."""
        self.run("0")
        logged = [event["params"]["entry"]["text"] for event in self._of("Log.entryAdded")]
        return [*logged, *(event["params"] for event in self._of("Runtime.exceptionThrown"))]

    def _of(self, method: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event.get("method") == method]


@contextmanager
def browser(program: str) -> Iterator[Page]:
    """Start a browser with a profile of its own; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="cucurbit-browser-", ignore_cleanup_errors=True) as profile:
        command = [
            program, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}", "--no-first-run",
            "--no-default-browser-check", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--force-device-scale-factor=1",
            "about:blank",
        ]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")
        log = Path(profile) / "browser.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(command, stderr=stream, stdout=subprocess.DEVNULL)
        try:
            address = _address(process, log)
            with connect(address, max_size=None, open_timeout=PATIENCE, proxy=None) as connection:
                yield Page(connection)
        finally:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        text = log.read_text("utf-8", "replace")
        found = _ADDRESS.search(text)
        if found is not None:
            return found[1]
        assert process.poll() is None, f"the browser ended: {text[-2000:]}"
        time.sleep(0.05)
    raise AssertionError("the browser did not start")
