"""A headless Chromium, driven over its DevTools pipe. Only the standard library.

https://chromedevtools.github.io/devtools-protocol/: JSON messages that end in a zero byte, read by the
browser from its file descriptor 3 and written to 4.
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time

ANSWER_SECONDS = 60


class BrowserError(Exception):
    """The browser is not there, does not start or does not answer."""


class Browser:
    """One process, in which pages are opened one after the other."""

    def __init__(self):
        executable = shutil.which("chromium") or shutil.which("chromium-browser")
        if executable is None:
            raise BrowserError("chromium is not installed: apt-get install chromium")
        self._profile = tempfile.TemporaryDirectory()
        there, self._to = os.pipe()
        self._from, back = os.pipe()
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [
                executable, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run",
                "--remote-debugging-pipe", f"--user-data-dir={self._profile.name}", "about:blank",
            ],
            stdout=subprocess.DEVNULL, stderr=self._errors, pass_fds=(3, 4),
            preexec_fn=lambda: _move(there, back))
        os.close(there)
        os.close(back)
        self._count = 0
        self._unread = b""
        self.events = []
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        self._session = self.call(
            "Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._to)
        self._process.terminate()
        self._process.wait()
        os.close(self._from)
        self._profile.cleanup()

    def call(self, method, **parameters):
        """Sends a command and returns its result; what else arrives is kept in `events`."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if hasattr(self, "_session"):
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read(method)
            if answer.get("id") == self._count:
                break
            self.events.append(answer)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def open(self, address, width, height, dark):
        """Opens a page in a window of that size, in CSS pixels, and waits until it is there."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
            mobile=width < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.events = []
        self.call("Page.navigate", url=address)
        deadline = time.monotonic() + ANSWER_SECONDS
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            if time.monotonic() > deadline:
                raise BrowserError(f"{address} was not loaded in {ANSWER_SECONDS} s")
            self.evaluate("0")

    def evaluate(self, expression):
        """Returns the value of an expression in the page, whatever the page's policy is."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise BrowserError(result["exceptionDetails"]["exception"]["description"])
        return result["result"].get("value")

    def screenshot(self, path):
        """Writes a picture of the whole page, as far as it goes down."""
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(picture["data"]))

    def messages(self):
        """Returns what the page has put on the console since it was opened."""
        told = {"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"}
        return [event["params"] for event in self.events if event.get("method") in told]

    def requests(self):
        """Returns the addresses that were asked for since the page was opened."""
        return [
            event["params"]["request"]["url"] for event in self.events
            if event.get("method") == "Network.requestWillBeSent"
        ]

    def _read(self, method):
        while b"\0" not in self._unread:
            more = os.read(self._from, 1 << 20)
            if not more:
                self._errors.seek(0)
                last = self._errors.read().decode(errors="replace").strip().splitlines()[-3:]
                raise BrowserError(f"chromium ended at {method}: " + " | ".join(last))
            self._unread += more
        message, _, self._unread = self._unread.partition(b"\0")
        return json.loads(message)


def _move(there, back):
    # High numbers first: one of the two may be 3 or 4 already.
    os.dup2(there, 100)
    os.dup2(back, 101)
    os.dup2(100, 3)
    os.dup2(101, 4)
