"""SIGKILL at any moment of a command, and sometimes of the next one too: no key and no byte is lost.

test_faults.py chooses a call; here it is a moment, so that kills also land between calls, in libraries, while a key is
derived, and while another program or IAM is at work. By default some of the commands are killed 60 times;
AWSKEYS_TORTURE=1 has 10,000 kills of all of them.
"""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Union

import pytest

import fault_scenes
import rotation_scenes
from conftest import IS_TORTURE, SEED
from fault_checker import lost_codes, losses
from fault_scenes import Scene, Stage
from home import Home
from programs import Result
from rotating import FOLLOW_UPS
from rotation_scenes import RotationScene, RotationStage
from stub_iam import Stub

AnyScene = Union[Scene, RotationScene]
ALL: list[AnyScene] = [*fault_scenes.SCENES, *rotation_scenes.SCENES]
SCENES = ALL if IS_TORTURE else random.Random(f"{SEED}/killed").sample(ALL, 6)
KILLS = 10_000 if IS_TORTURE else 60
# How often the command that mends is killed first.
AGAIN = 0.25


def share(scene: AnyScene) -> int:
    """How many of the kills are of a scene: fewer where a check has to derive a key, or to rotate one."""

    def weight(scene: AnyScene) -> int:
        is_slow = isinstance(scene, RotationScene) or scene.has_passphrase or "replace" in scene.command
        return 1 if is_slow and IS_TORTURE else 8

    return -(-KILLS * weight(scene) // sum(map(weight, SCENES)))


def run_until(moment: float | None, home: Home, argv: list[str], stdin: str | None = None) -> Result:
    """Runs a command, and kills it after some seconds unless it has ended."""
    process = subprocess.Popen(
        argv,
        env=home.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        stdout, stderr = process.communicate(stdin, timeout=moment)
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
    return Result(process.returncode, stdout, stderr)


class Killing:
    """A scene, how long its commands take, and what became of each kill."""

    def __init__(self, scene: AnyScene, folder: Path, stub: Stub) -> None:
        self.draw = random.Random(f"{SEED}/killed/{scene.name}")
        self.stub = stub
        self.counts: Counter[str] = Counter()
        self.stage: Stage | RotationStage
        if isinstance(scene, Scene):
            self.stage = Stage.make(scene, folder)
            self.stage.learn()
            self.home, self.stdin = self.stage.home, scene.stdin
            words = self.stage.words(scene.command) if scene.has_units else ["list"]
            self.mending = [[*self.stage.argv[:1], *words]]
        else:
            self.stage = RotationStage.make(scene, folder, stub)
            self.home, self.stdin = self.stage.ann.home, None
            self.mending = [[*self.stage.argv[:1], *words] for words in FOLLOW_UPS.values()]
        times = []
        for _ in range(3):
            self.stage.reset()
            times.append(self._time(self.stage.argv))
        self.usual = sorted(times)[1]
        self.stage.learn_end()
        is_itself = not isinstance(scene, Scene) or scene.has_units
        self.usual_mending = self.usual if is_itself else self._time(self.mending[0])

    def _time(self, argv: list[str]) -> float:
        begun = time.monotonic()
        run_until(None, self.home, argv, self.stdin).done()
        return time.monotonic() - begun

    def _moment(self) -> float:
        """A moment of the command; half of them in its last fifth, where those write that derive a key first."""
        return self.draw.uniform(self.draw.choice([0, 0.8]), 1) * self.usual

    def kill(self) -> list[str] | None:
        """Kills the command once; names what is wrong then. Gives nothing if it had ended before."""
        self.stage.reset()
        moment = self._moment()
        result = run_until(moment, self.home, self.stage.argv, self.stdin)
        if result.status != -signal.SIGKILL:
            assert result.status == 0, result
            return None
        if self.draw.random() < AGAIN:
            self.stub.settle()
            mended = run_until(self.draw.uniform(0, self.usual_mending), self.home, self.draw.choice(self.mending))
            self.counts["killed again"] += mended.status == -signal.SIGKILL
        if isinstance(self.stage, RotationStage):
            wrong = self.stage.losses(self.draw.randrange(3), must_be_done=False)
        else:
            wrong = lost_codes(self.stage, result) + losses(self.stage, must_be_done=False)
        self.counts[self.stage.end] += 1
        return [f"killed after {moment} s: {text}" for text in wrong]


@pytest.mark.timeout(7200 if IS_TORTURE else 180)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_killed_at_any_moment_nothing_is_lost(scene: AnyScene, built: Path, stub: Stub, tmp_path: Path) -> None:
    killing = Killing(scene, tmp_path, stub)
    wrong: list[str] = []
    kills = ended = 0
    while kills < share(scene):
        found = killing.kill()
        if found is None:
            ended += 1
        else:
            kills += 1
            wrong += found
    killing.home.lock()
    print(f"\n{scene.name}: {kills} kills, {ended} had ended, {dict(killing.counts)}, {len(wrong)} wrong")
    assert not wrong, "\n".join(wrong)
