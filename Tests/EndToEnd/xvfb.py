"""A screen that nobody sees, and somebody who types into the windows on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# What a window may take to come up on a loaded machine, in seconds.
PATIENCE = 30


@dataclass(frozen=True)
class Screen:
    """An X display."""

    display: str

    def _xdotool(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        argv = ["xdotool", *arguments]
        env = os.environ | {"DISPLAY": self.display}
        return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60)

    def windows(self, name: str) -> list[str]:
        """The visible windows whose class or title has the word."""
        return self._xdotool("search", "--onlyvisible", "--class", "--name", name).stdout.split()

    def wait_for_window(self, name: str) -> str:
        """Waits for such a window, and gives its number."""
        deadline = time.monotonic() + PATIENCE
        while not (found := self.windows(name)):
            assert time.monotonic() < deadline, f"no window of {name}"
            time.sleep(0.05)
        return found[0]

    def _focus(self, name: str) -> str:
        """Gives the window the keys, as no window manager is there to do; waits until it has them."""
        window = self.wait_for_window(name)
        deadline = time.monotonic() + PATIENCE
        while self._xdotool("getwindowfocus").stdout.strip() != window:
            assert time.monotonic() < deadline, f"the window of {name} doesn't get the focus"
            self._xdotool("mousemove", "--window", window, "5", "5", "windowfocus", window)
        return window

    def _wait_until_gone(self, window: str, name: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while window in self.windows(name):
            assert time.monotonic() < deadline, f"the window of {name} stays"
            time.sleep(0.05)

    def type_into(self, name: str, text: str) -> None:
        """Types a text and Return into the window, which then goes away."""
        window = self._focus(name)
        self._xdotool("type", "--delay", "20", text)
        self._xdotool("key", "Return")
        self._wait_until_gone(window, name)

    def press(self, name: str, *keys: str) -> None:
        """Presses keys in the window, which then goes away."""
        window = self._focus(name)
        self._xdotool("key", *keys)
        self._wait_until_gone(window, name)

    def cancel(self, name: str) -> None:
        """Presses Escape in the window, which then goes away."""
        self.press(name, "Escape")


def can_be_had() -> bool:
    """Whether this machine has what a screen needs."""
    return shutil.which("Xvfb") is not None and shutil.which("xdotool") is not None


@contextmanager
def screen() -> Iterator[Screen]:
    """Starts a display on the first free number, until the block ends."""
    ready, done = os.pipe()
    argv = ["Xvfb", "-displayfd", str(done), "-screen", "0", "1024x768x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(argv, pass_fds=[done], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(done)
    try:
        with os.fdopen(ready) as number:
            display = number.readline().strip()
        assert display, "Xvfb didn't start"
        yield Screen(f":{display}")
    finally:
        server.terminate()
        server.wait(timeout=10)
