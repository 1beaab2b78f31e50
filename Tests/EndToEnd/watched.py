"""A home whose commands are watched: every place where a secret might turn up is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import programs
from canary import secrets_in
from home import Home
from tracing import traced

# What processes are started with, what they write into files, and whom they send messages to.
CALLS = "execve,connect,sendto,write,writev,pwrite64,pwritev"
EXECUTED = re.compile(rb"^\d+ +execve\(")
# No journal runs where tests do; who never speaks to it, or to syslog, logs nothing there.
SPOKE_TO_LOG = re.compile(rb'^\d+ +(?:connect|sendto)\(.*sun_path="(/dev/log|/run/systemd/journal/)')
WRITTEN_TO_FILE = re.compile(rb"^\d+ +p?writev?(64)?\(\d+</(?!dev/)")
# The start of one of ours: its path, and its arguments.
OURS = re.compile(rb'^\d+ +execve\("[^"]*/(awskeys|awskeys-credential-process)", \["[^"]*"((?:, "[^"]*")*)\]')


class Watched:
    """A home, and what its commands were and said so far."""

    def __init__(self, home: Home, logs: Path) -> None:
        self.home = home
        self.logs = logs
        self.places: list[tuple[str, bytes]] = []
        # What each of our processes was asked to do; those of commands that start others of ours, too.
        self.asked: list[list[str]] = []
        (home.path / "tmp").mkdir(exist_ok=True)
        home.env["TMPDIR"] = str(home.path / "tmp")

    def run(
        self,
        *argv: str,
        stdin: str | None = None,
        env: dict[str, str] | None = None,
        says_it: bool = False,
        writes_it: bool = False,
        status: int = 0,
    ) -> str:
        """Runs one of the programs, keeping what it was and said.

        A secret is asked for on stdout when `says_it`, in files when `writes_it`. Nor is it looked for where the test
        itself puts it, in an added `env`, and in the environment of a command that `exec` starts.
        """
        log = self.logs / f"{len(self.places)}.log"
        program = [str(self.home.folder / argv[0]), *argv[1:]]
        result, calls = traced(program, self.home.env | (env or {}), log, CALLS, stdin)
        assert result.status == status, result
        executed = [call for call in calls if EXECUTED.match(call)]
        assert executed
        for call in executed:
            if match := OURS.match(call):
                words = [each.decode() for each in re.findall(rb'"([^"]*)"', match[2])]
                self.asked.append(words if match[1].decode() == programs.AWSKEYS else [match[1].decode(), *words])
        started = argv[argv.index("--") + 1] if "--" in argv else None
        of_started = f'execve("{started}"'.encode()
        kept = [call for call in executed[1 if env else 0 :] if not started or of_started not in call]
        command = " ".join(argv)
        assert not [call for call in calls if SPOKE_TO_LOG.match(call)], command
        self.places.append((f"processes of `{command}`", b"\n".join(kept)))
        self.places.append((f"stderr of `{command}`", result.stderr.encode()))
        if not says_it:
            self.places.append((f"stdout of `{command}`", result.stdout.encode()))
        if not writes_it:
            written = b"\n".join(call for call in calls if WRITTEN_TO_FILE.match(call))
            self.places.append((f"what `{command}` wrote into files", written))
        return result.stdout

    def found(self, secrets: Iterable[str]) -> list[str]:
        """Names every place that holds a secret, files as they are now included."""
        files = [(f"file {name}", content) for name, content in self.home.files().items()]
        assert any(name.endswith("/store") for name, _ in files)
        return secrets_in(self.places + files, secrets)
