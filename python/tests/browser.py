"""A real browser without a window, spoken to over a pipe: it opens a file, runs scripts in it, and takes pictures."""

import json
import os
import select
import shutil
import subprocess
import sys
import time
from base64 import b64decode
from pathlib import Path

#: Names of what is Chromium; `TIMESTEP_BROWSER` may name another file.
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = "no browser: install one (Debian and Ubuntu: apt-get install chromium), or name it in TIMESTEP_BROWSER"

#: Chromium reads commands from 3 and writes answers to 4: the pipes are put there, then it takes the place of this.
START = """
import fcntl, os, sys
pipes = [fcntl.fcntl(int(word), fcntl.F_DUPFD, 10) for word in sys.argv[1:3]]
for place, pipe in enumerate(pipes, 3):
    os.dup2(pipe, place)
os.execv(sys.argv[3], sys.argv[3:])
"""


def program():
    """Return the path of a Chromium; None where there is none."""
    named = os.environ.get("TIMESTEP_BROWSER")
    return named or next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Browser:
    """One page in a browser of its own, whose files are kept in a folder that goes with it."""

    def __init__(self, folder: Path):
        (theirs, self._out), (self._in, back) = os.pipe(), os.pipe()
        command = [program(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        command += ["--remote-debugging-pipe", "--no-first-run", f"--user-data-dir={folder}", "about:blank"]
        started = [sys.executable, "-c", START, str(theirs), str(back), *command]
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(started, pass_fds=(theirs, back), stdout=log, stderr=log)
        os.close(theirs)
        os.close(back)
        self._number, self._rest, self.events = 0, b"", []
        self._patience = 60  # a cold start on a busy machine is slow
        self._session = None
        target = self._first_page()
        self._patience = 5
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **params):
        """Send a command and return its result."""
        self._number += 1
        frame = {"id": self._number, "method": method, "params": params}
        frame |= {"sessionId": self._session} if self._session else {}
        os.write(self._out, json.dumps(frame).encode() + b"\0")
        while True:
            found = self._next()
            if found.get("id") == self._number:
                assert "error" not in found, found["error"]
                return found["result"]
            self.events.append(found)

    def open(self, file: Path):
        """Open a file and wait until it is loaded."""
        self.events.clear()
        self.ask("Page.navigate", url=file.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def run(self, script):
        """Return the value of an expression in the page."""
        done = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def press(self, *keys):
        """Press keys, as a person does without a mouse."""
        codes = {"Tab": 9, "Enter": 13, " ": 32}
        for key in keys:
            text = {"Enter": "\r", " ": " "}.get(key)
            down = {"type": "keyDown", "key": key, "windowsVirtualKeyCode": codes[key]}
            self.ask("Input.dispatchKeyEvent", **down, **({"text": text} if text else {}))
            self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=codes[key])

    def look(self, *, width=1280, height=900, dark=False, file: Path | None = None):
        """Show the page in a window of this size, in light or dark; write a picture of all of it where asked."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.ask("Emulation.setDeviceMetricsOverride", **metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        data = b64decode(self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=False)["data"])
        if file is not None:
            file.write_bytes(data)
        return data

    def complaints(self):
        """Return what the console was told of errors, and what was asked of the network."""
        self.run("0")
        found = []
        for event in self.events:
            match event.get("method"):
                case "Runtime.exceptionThrown" | "Log.entryAdded":
                    found.append(event["params"])
                case "Runtime.consoleAPICalled" if event["params"]["type"] in {"error", "warning"}:
                    found.append(event["params"])
                case "Network.requestWillBeSent" if not event["params"]["request"]["url"].startswith("file:"):
                    found.append(event["params"])
        return found

    def close(self):
        """End the browser."""
        os.close(self._out)  # it ends with its pipe
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        os.close(self._in)

    def _first_page(self):
        while True:
            pages = [info for info in self.ask("Target.getTargets")["targetInfos"] if info["type"] == "page"]
            if pages:
                return pages[0]["targetId"]

    def _next(self):
        """Return the next frame."""
        until = time.monotonic() + self._patience
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(until - time.monotonic(), 0))
            data = os.read(self._in, 1 << 20) if ready else b""
            assert data, "the browser says nothing any more"
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\0")
        return json.loads(line)
