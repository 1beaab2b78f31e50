"""Every call to the file system of every command that changes something: killed there, and failing there.

By default a drawn part of the faults; AWSKEYS_TORTURE=1 has all of them.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from conftest import SEED
from fault_checker import Judge
from fault_scenes import SCENES, Scene, Stage
from faults import KILL, Call, Fault, calls_of
from tracing import STRACE

IS_LONG = bool(os.environ.get("AWSKEYS_TORTURE"))
# How many faults of a command are drawn for the short form.
DRAWN = 24

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace isn't there to make calls fail")


def staged(scene: Scene, folder: Path) -> tuple[Stage, list[Call]]:
    """Sets the stage, and runs the command once to learn its calls and what it does."""
    stage = Stage.make(scene, folder)
    stage.learn()
    stage.reset()
    result, calls = calls_of(stage.argv, stage.home.env, folder / "calls", scene.stdin)
    result.done()
    stage.harmless |= stage.names()
    stage.after = stage.state()
    stage.harmless |= stage.names()
    assert stage.before != stage.after or scene.new_data_key, "the command changed nothing"
    return stage, calls


def chosen(faults: list[Fault], scene: Scene) -> list[Fault]:
    """Gives all faults, or some of them in the short form."""
    if IS_LONG or len(faults) <= DRAWN:
        return faults
    return random.Random(f"{SEED}/{scene.name}").sample(faults, DRAWN)


@pytest.mark.timeout(7200 if IS_LONG else 180)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_whatever_fails_nothing_is_lost_and_the_next_command_mends_the_rest(scene: Scene, tmp_path: Path) -> None:
    stage, calls = staged(scene, tmp_path)
    faults = chosen([fault for call in calls for fault in call.faults()], scene)
    wrong: dict[str, list[str]] = {}
    ends: Counter[str] = Counter()
    for fault in faults:
        stage.reset()
        result = fault.run(stage.argv, stage.home.env, scene.stdin)
        ends["killed" if fault.what == KILL else str(result.status)] += 1
        if found := Judge(stage, fault).judge(result):
            wrong[str(fault)] = found
    stage.home.lock()
    print(f"\n{scene.name}: {len(calls)} calls, {len(faults)} faults, {dict(ends)}, {len(wrong)} wrong")
    assert not wrong, "\n".join(f"{fault}\n    {'; '.join(found)}" for fault, found in wrong.items())
