"""The two programs under test, and how to run one and look at everything that it says."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("AWSKEYS_BIN") or CHECKOUT / ".build" / "release").resolve()
AWSKEYS = "awskeys"
HELPER = "awskeys-credential-process"


@dataclass(frozen=True)
class Result:
    """What a program left behind: its exit status and both outputs, to be compared whole."""

    status: int
    stdout: str
    stderr: str

    @property
    def hint(self) -> str:
        """The next step that stderr names, or nothing."""
        lines = self.stderr.splitlines()
        return "\n".join(line.removeprefix("  hint: ") for line in lines if line.startswith("  hint: "))

    def failed(self, status: int, *fragments: str, hint: bool = True, after_plan: bool = False) -> None:
        """Asserts that it failed as the contract says: this status, one message, nothing on stdout.

        A hint follows unless there's no next step; `after_plan` when a plan was shown before, as import does.
        """
        assert self.status == status, self
        lines = self.stderr.splitlines()
        messages = [line for line in lines if line.startswith("awskeys: ")]
        assert messages and not messages[-1].endswith("."), self
        assert bool(self.hint) == hint, self
        if after_plan:
            assert "PROFILE" in self.stdout, self
        else:
            assert (self.stdout, messages) == ("", lines[:1]), self
        for fragment in fragments:
            assert fragment.lower() in self.stderr.lower(), self

    def done(self) -> Result:
        """Asserts that it went well, and gives itself."""
        assert self.status == 0, self
        return self


def run(
    argv: list[str],
    env: dict[str, str],
    stdin: str | None = None,
    timeout: float = 60,
    cwd: Path | None = None,
    user: int | None = None,
) -> Result:
    """Runs a command in a session of its own, so that it has no terminal to ask on."""
    source: dict[str, Any] = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    if user is not None:
        source |= {"user": user, "group": user, "extra_groups": []}
    done = subprocess.run(
        argv, env=env, capture_output=True, text=True, timeout=timeout, start_new_session=True, cwd=cwd, **source
    )
    return Result(done.returncode, done.stdout, done.stderr)
