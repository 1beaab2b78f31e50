"""Every call to the file system of commands that change something: killed there, and failing there.

By default a drawn part of the faults; AWSKEYS_TORTURE=1 has all of them.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import rotation_scenes
from conftest import IS_TORTURE, SEED, MakeHome
from fault_checker import judge, wrong_words
from fault_scenes import SCENES, Scene, Stage
from faults import KILL, Call, Fault, calls_of
from home import Home
from programs import Result
from rotation_scenes import RotationScene, RotationStage
from sessions import Roles
from stub_iam import Stub
from tracing import STRACE

# How many faults of a command are drawn for the short form.
DRAWN = 16

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace isn't there to make calls fail")


def staged(scene: Scene, folder: Path) -> tuple[Stage, list[Call]]:
    """Sets the stage, and runs the command once to learn its calls and what it does."""
    stage = Stage.make(scene, folder)
    stage.learn()
    stage.reset()
    only_below = stage.home.path if scene.has_units else None
    result, calls = calls_of(stage.argv, stage.home.env, folder / "calls", scene.stdin, only_below)
    result.done()
    stage.learn_end()
    return stage, calls


def chosen(calls: list[Call], name: str) -> list[Fault]:
    """Gives all faults of a command, or some of them in the short form."""
    if not calls:
        pytest.skip("only root sees which files a program has open that can't be traced")
    faults = [fault for call in calls for fault in call.faults()]
    if IS_TORTURE or len(faults) <= DRAWN:
        return faults
    return random.Random(f"{SEED}/{name}").sample(faults, DRAWN)


def assert_nothing_is_wrong(
    stage: Stage | RotationStage,
    home: Home,
    calls: list[Call],
    wrong_after: Callable[[int, Fault, Result], list[str]],
    stdin: str | None = None,
) -> None:
    """Tries a command with each of the faults, from the same beginning, and asks what is wrong then."""
    name = stage.scene.name
    faults = chosen(calls, name)
    wrong: dict[str, list[str]] = {}
    ends: Counter[str] = Counter()
    for number, fault in enumerate(faults):
        stage.reset()
        result = fault.run(stage.argv, home.env, stdin)
        ends["killed" if fault.what == KILL else str(result.status)] += 1
        if found := wrong_after(number, fault, result):
            wrong[str(fault)] = found
    home.lock()
    print(f"\n{name}: {len(calls)} calls, {len(faults)} faults, {dict(ends)}, {len(wrong)} wrong")
    assert not wrong, "\n".join(f"{fault}\n    {'; '.join(found)}" for fault, found in wrong.items())


@pytest.mark.timeout(7200 if IS_TORTURE else 180)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_whatever_fails_nothing_is_lost_and_the_next_command_mends_the_rest(scene: Scene, tmp_path: Path) -> None:
    stage, calls = staged(scene, tmp_path)
    assert_nothing_is_wrong(
        stage, stage.home, calls, lambda _, fault, result: judge(stage, fault, result), scene.stdin
    )


@pytest.mark.timeout(7200 if IS_TORTURE else 180)
@pytest.mark.parametrize("scene", rotation_scenes.SCENES, ids=lambda scene: scene.name)
def test_whatever_fails_in_a_rotation_a_key_works_and_the_next_command_goes_on(
    scene: RotationScene, built: Path, stub: Stub, tmp_path: Path
) -> None:
    stage = RotationStage.make(scene, tmp_path, stub)
    home = stage.ann.home
    result, calls = calls_of(stage.argv, home.env, tmp_path / "calls", only_below=home.path)
    result.done()
    stage.learn_end()

    def wrong_after(number: int, fault: Fault, result: Result) -> list[str]:
        return wrong_words(result, fault) + stage.losses(number, must_be_done=result.status == 0)

    assert_nothing_is_wrong(stage, home, calls, wrong_after)


def kept_files(home: Home) -> dict[str, bytes]:
    """The files that are no cache."""
    return home.files(".aws") | home.files(".local")


@pytest.mark.timeout(7200 if IS_TORTURE else 180)
def test_whatever_fails_while_a_session_is_renewed_the_next_program_is_served(
    make_home: MakeHome, stub: Stub, tmp_path: Path
) -> None:
    roles = Roles.make(make_home, stub)
    roles.home.forget_passphrase()
    argv = [str(roles.home.folder / "awskeys"), "credential-process", "admin"]
    result, calls = calls_of(argv, roles.home.env, tmp_path / "calls")
    result.done()
    before, cache = kept_files(roles.home), roles.home.path / ".cache"
    ends: Counter[str] = Counter()
    faults = chosen(calls, "renewal")
    for fault in faults:
        shutil.rmtree(cache)
        result = fault.run(argv, roles.home.env)
        ends["killed" if fault.what == KILL else str(result.status)] += 1
        assert not wrong_words(result, fault), str(fault)
        assert roles.document("admin", "fast")["AccessKeyId"].startswith("ASIA"), str(fault)
        assert kept_files(roles.home) == before, str(fault)
        assert {file.name for file in cache.rglob(".*")} == set(), str(fault)
    print(f"\nrenewal: {len(calls)} calls, {len(faults)} faults, {dict(ends)}")
