"""`awskeys rotate` killed at every call to AWS and every write of the store: nobody is locked out, and no key is lost.

The cases wait for IAM most of the time, so that some go on at once, each with a server of its own. By default each
moment is followed by one of the commands that go on from there; AWSKEYS_TORTURE=1 has them all.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

import programs
from conftest import IS_TORTURE
from home import Home
from programs import Result
from rotating import FOLLOW_UPS, PATIENCE, ROTATE, Ann, assert_it_ends_well, assert_nobody_is_locked_out, ended
from stub_faults import Call
from stub_iam import stub_iam
from tracing import STRACE, injected

# The calls of one rotation, as the first test shows.
CALLS = [
    "GetCallerIdentity",
    "ListAccessKeys",
    "CreateAccessKey",
    "ListAccessKeys",
    *["GetCallerIdentity", "ListAccessKeys"] * 3,
    "GetAccessKeyLastUsed",
    "UpdateAccessKey",
    "GetAccessKeyLastUsed",
    "DeleteAccessKey",
]
# The writes of one: each is a rename, between two that reach the disk.
WRITES = ["asked for", "made", "switched", "inactive", "forgotten"]
AT_ONCE = 6


@dataclass(frozen=True)
class Case:
    """A moment at which `awskeys rotate` is killed, and what is run after it."""

    # A call to AWS or a write of the store, counted from 1.
    what: str
    number: int
    # Whether the call or the write was done.
    is_done: bool
    follow_up: str

    @property
    def name(self) -> str:
        names = CALLS if self.what == "call" else WRITES
        done = "after" if self.is_done else "before"
        return f"{done} {self.what} {self.number} {names[self.number - 1]}, {self.follow_up}"


def cases() -> list[Case]:
    """Gives all moments, each with one or with every way of going on."""
    moments = [("call", number + 1, done) for number in range(len(CALLS)) for done in (False, True)]
    moments += [("write", number + 1, done) for number in range(len(WRITES)) for done in (False, True)]
    found = []
    for index, (what, number, done) in enumerate(moments):
        chosen = list(FOLLOW_UPS) if IS_TORTURE else [list(FOLLOW_UPS)[index % 3]]
        found += [Case(what, number, done, follow_up) for follow_up in chosen]
    return found


def killed_at_a_call(ann: Ann, case: Case) -> Result:
    """Rotates, and kills the program when a call has reached the server."""
    begun = threading.Event()
    pids: list[int] = []

    def kill(call: Call) -> None:
        assert begun.wait(PATIENCE)
        os.kill(pids[0], signal.SIGKILL)

    if case.is_done:
        ann.stub.fault("*", nth=case.number, after=kill)
    else:
        ann.stub.fault("*", "drop", nth=case.number, before=kill)
    process = ann.start(*ROTATE[1:])
    pids.append(process.pid)
    begun.set()
    return ended(process)


def killed_at_a_write(ann: Ann, case: Case) -> Result:
    """Rotates, and kills the program before or after a rename of the store."""
    calls, when = ("fsync", 2 * case.number) if case.is_done else ("rename,renameat,renameat2", case.number)
    argv = [str(ann.home.folder / programs.AWSKEYS), *ROTATE]
    return injected(calls, when, "signal=KILL", argv, ann.home.env, timeout=PATIENCE, cwd=ann.home.path)


def play(case: Case, folder: Path) -> str:
    """Plays a case from its beginning to its end, and gives how it ended."""
    with stub_iam() as stub:
        homes: list[Home] = []

        def make(name: str, **how: object) -> Home:
            homes.append(Home.make(folder / name, **how))  # type: ignore[arg-type]
            return homes[-1]

        try:
            ann = Ann.make(make, stub)
            files = set(ann.home.files())
            result = (killed_at_a_call if case.what == "call" else killed_at_a_write)(ann, case)
            assert result.status == -signal.SIGKILL, result
            assert_nobody_is_locked_out(ann)
            if case.what == "call":
                assert [call.action for call in stub.calls()] == CALLS[: case.number]
            how = assert_it_ends_well(ann, case.follow_up)
            if how == "well" and case.follow_up == "plain":
                assert ann.serving() != ann.old.id
            left = set(ann.home.files()) - files - {".local/share/awskeys/store.rotation.lock"}
            assert not left, f"left behind: {left}"
            return how
        finally:
            for home in homes:
                home.lock()


class Plays:
    """The cases that are to be run, some at once."""

    def __init__(self, chosen: list[Case], folder: Path) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self.outcomes: Counter[str] = Counter()
        folders = {case: folder / str(at) for at, case in enumerate(chosen)}
        # What waits longest begins first.
        order = sorted(chosen, key=lambda case: CALLS[case.number - 1] != "CreateAccessKey")
        self._futures: dict[Case, Future[str]] = {
            case: self._pool.submit(play, case, folders[case]) for case in order
        }

    def end_of(self, case: Case) -> None:
        """Waits for the end of a case, and fails if it failed."""
        self.outcomes[self._futures[case].result()] += 1

    def close(self) -> None:
        """Begins no more of them."""
        self._pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module")
def plays(
    built: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Plays]:
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    here = [item for item in items if item.function is test_a_killed_rotation_is_carried_on]
    chosen = [item.callspec.params["case"] for item in here]
    running = Plays([case for case in chosen if case.what == "call" or STRACE], tmp_path_factory.mktemp("killed"))
    yield running
    running.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_killed_rotation_is_carried_on(case: Case, plays: Plays) -> None:
    if case.what == "write" and STRACE is None:
        pytest.skip("strace isn't there to kill a program at a chosen call")
    plays.end_of(case)


def test_how_they_ended(plays: Plays, capsys: pytest.CaptureFixture[str]) -> None:
    ends = ", ".join(f"{count} {how}" for how, count in sorted(plays.outcomes.items()))
    with capsys.disabled():
        print(f"\nrotations killed: {plays.outcomes.total()}: {ends}")
