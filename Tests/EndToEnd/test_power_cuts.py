"""What was said to be done survives a power cut, and a cut at any other moment loses nothing.

A command's calls are recorded once; then the disk is rebuilt as a cut after each of them may have left it.
By default a drawn part of the cuts; AWSKEYS_TORTURE=1 has all of them.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
from pathlib import Path

import pytest

from conftest import IS_TORTURE, SEED
from fault_checker import losses
from fault_scenes import SCENES, Scene, Stage
from home import Home
from power_cuts import WAYS, Disk, played, recorded
from tracing import STRACE

# How many cuts of a command are drawn for the short form.
DRAWN = 8

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace isn't there to record what is written")


def put(home: Home, kept: Path, files: dict[str, bytes]) -> None:
    """Makes the home what a disk holds."""
    shutil.rmtree(home.path)
    shutil.copytree(kept, home.path, symlinks=True)
    for name in home.files():
        (home.path / name).unlink()
    for name, content in files.items():
        file = home.path / name
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_bytes(content)
        file.chmod(0o600)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees what a program writes that can't be traced")
@pytest.mark.timeout(3600 if IS_TORTURE else 180)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_nothing_is_lost_in_a_power_cut_and_what_is_done_stays_done(scene: Scene, tmp_path: Path) -> None:
    stage = Stage.make(scene, tmp_path)
    stage.learn()
    stage.reset()
    disk = Disk.of(stage.home.files())
    result, lines = recorded(stage.argv, stage.home.env, tmp_path / "calls", scene.stdin)
    result.done()
    stage.learn_end()
    draw = random.Random(f"{SEED}/power cuts/{scene.name}")
    moments = enumerate(played(lines, disk, stage.home.path))
    cuts = [(moment, how, disk.after_a_cut(how, draw)) for moment, _ in moments for how in WAYS]
    # After the last call, the command says that it is done.
    done = [(-1, how, disk.after_a_cut(how, draw)) for how in WAYS]
    # A store is at least made, written, flushed and named, and its folder flushed; a unit file may only be removed.
    assert scene.has_units or len(cuts) >= 5 * len(WAYS)
    if not IS_TORTURE and len(cuts) > DRAWN:
        cuts = draw.sample(cuts, DRAWN)
    wrong = []
    for moment, how, files in cuts + done:
        # The kernel's keyring goes with the power; where a passphrase isn't at hand, it says what it said before.
        if stage.key:
            stage.key.restore()
        else:
            stage.home.lock()
        put(stage.home, stage.kept, files)
        if found := losses(stage, must_be_done=moment < 0):
            wrong.append(f"cut {moment}, {how} besides: {'; '.join(found)}")
    stage.home.lock()
    print(f"\n{scene.name}: {len(lines)} calls, {len(cuts + done)} cuts, {len(wrong)} wrong")
    assert not wrong, "\n".join(wrong)


WRITER = """
import os, sys
name, steps = sys.argv[1], sys.argv[2].split(",")
file = os.open(name + ".new", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
os.write(file, b"the new bytes")
if "file" in steps: os.fsync(file)
os.close(file)
os.rename(name + ".new", name)
if "folder" in steps:
    folder = os.open(os.path.dirname(name), os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(folder)
"""
OLD, NEW = b"the old bytes", b"the new bytes"


@pytest.mark.parametrize(
    ("steps", "between", "afterwards"),
    [("file,folder", {OLD, NEW}, {NEW}), ("folder", {OLD, NEW, b""}, {NEW, b""}), ("file", {OLD, NEW}, {OLD, NEW})],
    ids=["both", "no fsync of the file", "no fsync of the folder"],
)
def test_the_model_catches_a_writer_that_forgets_to_flush(
    steps: str, between: set[bytes], afterwards: set[bytes], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(OLD)
    disk = Disk.of({"file": OLD})
    argv = [sys.executable, "-c", WRITER, str(tmp_path / "file"), steps]
    result, lines = recorded(argv, dict(os.environ), tmp_path / "calls")
    result.done()
    draw = random.Random(SEED)
    ways = WAYS[:3]
    seen = {disk.after_a_cut(how, draw)["file"] for _ in played(lines, disk, tmp_path) for how in ways}
    last = {disk.after_a_cut(how, draw)["file"] for how in ways}
    assert (seen | {OLD}, last) == (between, afterwards)
