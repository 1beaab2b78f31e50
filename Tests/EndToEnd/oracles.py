"""SDKs as judges: what each of them resolves every profile of a pair of files to.

An oracle is one process for all pairs, fed JSON lines, so that hundreds of pairs cost what a few SDK starts do.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from home import bare_environment

HERE = Path(__file__).parent
Resolution = dict[str, Any]


class Oracle:
    """One SDK, waiting for questions."""

    def __init__(self, name: str, command: list[str], home: Path, sts: str) -> None:
        self.name = name
        self.sts = sts
        self.process = subprocess.Popen(
            command,
            env=bare_environment(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A helper's error is inherited by some SDKs; the test reads it where it asks the helper itself.
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def resolve(self, config: Path, credentials: Path, profiles: list[str], env: dict[str, str]) -> Resolution:
        """Resolves the profiles; an empty list means all that boto3 sees."""
        assert self.process.stdin and self.process.stdout
        request = {
            "config": str(config),
            "credentials": str(credentials),
            "profiles": profiles,
            "env": env,
            "sts": self.sts,
        }
        print(json.dumps(request), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        assert line, f"the {self.name} oracle ended with status {self.process.wait()}"
        return json.loads(line)

    def close(self) -> None:
        """Lets the process end."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=10)


@dataclass
class Oracles:
    """The SDKs that judge a pair of files."""

    boto3: Oracle
    ruby: Oracle

    def resolve(
        self, config: Path, credentials: Path, profiles: list[str], env: dict[str, str]
    ) -> dict[str, Resolution]:
        """Gives every SDK's answer, by the SDK's name."""
        judges = (self.boto3, self.ruby)
        return {judge.name: judge.resolve(config, credentials, profiles, env) for judge in judges}


@contextmanager
def oracles(home: Path, sts: str) -> Iterator[Oracles]:
    """Starts both SDKs."""
    boto3 = Oracle("boto3", [sys.executable, str(HERE / "resolve_boto3.py")], home, sts)
    ruby = Oracle("ruby", ["ruby", str(HERE / "resolve_ruby.rb")], home, sts)
    try:
        yield Oracles(boto3, ruby)
    finally:
        boto3.close()
        ruby.close()


def names_in(*files: Path) -> list[str]:
    """Gives every name that some SDK may take a section header of the files for."""
    names: dict[str, None] = {}
    for file in files:
        if not file.exists():
            continue
        text = file.read_bytes().decode("utf-8-sig", errors="replace")
        for header in re.findall(r"^\s*\[([^\]\r\n]+)\]", text, re.MULTILINE):
            for name in (header, header.removeprefix("profile ").strip()):
                names[name.strip("\"'")] = None
    return list(names)
