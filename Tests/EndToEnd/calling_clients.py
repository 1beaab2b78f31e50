"""Real clients that resolve and call all the time: boto3 in threads, and every AWS CLI that is there as processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import programs
from home import Home

CLIS = {"AWS CLI v1": Path(sys.executable).with_name("aws"), "AWS CLI v2": Path("/usr/bin/aws")}
BOTO3 = Path(__file__).with_name("calling_boto3.py")
COMMANDS = (["sts", "get-caller-identity"], ["iam", "list-access-keys"])
# How long a test waits for each client to call once more.
PATIENCE = 90.0


@dataclass(frozen=True)
class Made:
    """A call of a client, once it is over."""

    client: str
    # The key that it was signed with, where the client says it.
    key: str
    # What went wrong, or nothing.
    error: str


class Clients:
    """Clients at work, and the calls that they made so far."""

    def __init__(self, home: Home, profile: str) -> None:
        self.env = home.env | {"AWS_PROFILE": profile, "AWS_MAX_ATTEMPTS": "1", "AWS_RETRY_MODE": "standard"}
        self.env["AWS_PAGER"] = ""
        self.cwd = home.path
        self.names = ["boto3"] + [name for name, aws in CLIS.items() if os.access(aws, os.X_OK)]
        self._made: list[Made] = []
        self._changed = threading.Condition()
        self._over = threading.Event()

    @property
    def made(self) -> list[Made]:
        """The calls so far."""
        with self._changed:
            return list(self._made)

    def all_call(self, times: int = 2) -> None:
        """Waits until every client has begun and ended some calls from here on."""
        start = len(self.made)

        def have() -> bool:
            # The first of each may have begun before.
            count = Counter(self.family(made) for made in self._made[start:])
            return all(count[name] > times for name in self.names)

        with self._changed:
            assert self._changed.wait_for(have, PATIENCE), f"not every client called: {self._made[start:]}"

    @staticmethod
    def family(made: Made) -> str:
        """The client without what it called."""
        return made.client.rpartition(" ")[0]

    def failed(self) -> list[Made]:
        """The calls that failed."""
        return [made for made in self.made if made.error]

    def keys(self) -> set[str]:
        """The keys that calls were signed with, as far as clients say it."""
        return {made.key for made in self.made} - {""}

    def summary(self) -> str:
        """The numbers of calls, to be printed."""
        count = Counter(made.client for made in self.made)
        return ", ".join(f"{name}: {number}" for name, number in sorted(count.items()))

    def add(self, made: Made) -> None:
        """Takes a call."""
        with self._changed:
            self._made.append(made)
            self._changed.notify_all()

    def keep_calling(self, name: str) -> None:
        """Runs an AWS CLI again and again."""
        number = 0
        while not self._over.is_set():
            service, action = COMMANDS[number % 2]
            # The v2 of Debian 12 doesn't look for endpoints in the environment.
            argv = [str(CLIS[name]), "--endpoint-url", self.env["AWS_ENDPOINT_URL_STS"], service, action]
            result = programs.run(argv, self.env, timeout=PATIENCE, cwd=self.cwd)
            well = result.status == 0 and json.loads(result.stdout)
            self.add(Made(f"{name} {service}", "", "" if well else repr(result)))
            number += 1

    def listen(self, process: subprocess.Popen[str]) -> None:
        """Takes what the process of boto3 says."""
        assert process.stdout
        for line in process.stdout:
            self.add(Made(**json.loads(line)))

    def end(self) -> None:
        """Lets them make no more calls."""
        self._over.set()


@contextmanager
def clients_at_work(home: Home, profile: str = "dev", threads: int = 2) -> Iterator[Clients]:
    """Lets the clients call until the block ends; the block begins when each has called."""
    clients = Clients(home, profile)
    process = subprocess.Popen(
        [sys.executable, str(BOTO3), str(threads)],
        env=clients.env,
        cwd=home.path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin and process.stdout
    at_work = [threading.Thread(target=clients.listen, args=[process])]
    at_work += [threading.Thread(target=clients.keep_calling, args=[name]) for name in clients.names[1:]]
    for each in at_work:
        each.start()
    try:
        clients.all_call(1)
        yield clients
    finally:
        clients.end()
        process.stdin.close()
        for each in at_work:
            each.join()
        process.wait()
        process.stdout.close()
