"""Rotations, each with the home and the keys at IAM that it starts from, and what must hold wherever one is cut off."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from home import Home
from rotating import FOLLOW_UPS, ROTATE, Ann, assert_it_ends_well, assert_nobody_is_locked_out, rotations
from sleepless import sleepless
from stub_iam import Stub
from stub_principals import AccessKey
from user_keyring import UserKey


@dataclass(frozen=True)
class RotationScene:
    """A rotation, and what is done before it."""

    name: str
    command: list[str]
    before: list[list[str]] = field(default_factory=list)


SCENES = [
    RotationScene("rotate --delete-now", ROTATE),
    RotationScene("rotate --keep-active", ["rotate", "dev", "--keep-active", "--yes"]),
    RotationScene(
        "rotate --finish",
        ["rotate", "--finish", "--delete-now", "--yes"],
        [["rotate", "dev", "--keep-active", "--yes"]],
    ),
    RotationScene("rotate --rollback", ["rotate", "dev", "--rollback", "--yes"], [["rotate", "dev", "--yes"]]),
]


class State(NamedTuple):
    """How far a rotation is: both sides of it, without what differs each time."""

    serves_first_key: bool
    keys: list[str]
    rotations: list[str]


@dataclass
class RotationStage:
    """A home and an IAM that are put back to the same beginning before every run."""

    scene: RotationScene
    ann: Ann
    kept: Path
    kept_keys: dict[str, AccessKey]
    key: UserKey
    before: State
    # The user's keys with `Active` or `Inactive`.
    keys_before: list[tuple[str, str]]
    after: State = field(init=False)
    # How the last check ended.
    end: str = ""

    @classmethod
    def make(cls, scene: RotationScene, folder: Path, stub: Stub) -> RotationStage:
        """Makes the home and the keys, and keeps what the command is to begin with."""
        env = sleepless(folder)

        def make_home(name: str, config: str, credentials: str) -> Home:
            home = Home.make(folder / name, config, credentials)
            home.env |= env
            return home

        ann = Ann.make(make_home, stub)
        ann.home.forget_passphrase()
        for command in scene.before:
            ann.home.run(*command).done()
        kept = folder / "kept"
        shutil.copytree(ann.home.path, kept, symlinks=True)
        key = UserKey.named(f"awskeys:{ann.home.store.read_bytes()[16:32].hex()}")
        return cls(scene, ann, kept, stub.kept_keys(), key, state(ann), list(ann.keys().items()))

    @property
    def argv(self) -> list[str]:
        """The command line."""
        return [str(self.ann.home.folder / "awskeys"), *self.scene.command]

    def reset(self) -> None:
        """Puts files, the kernel's keyring and the keys at IAM back."""
        shutil.rmtree(self.ann.home.path)
        shutil.copytree(self.kept, self.ann.home.path, symlinks=True)
        self.key.restore()
        self.ann.stub.put_back(self.kept_keys)

    def learn_end(self) -> None:
        """Takes the state as that after the command."""
        self.after = state(self.ann)
        assert self.before != self.after, "the command changed nothing"

    def is_untouched(self) -> bool:
        """Whether every file is what it was, but for locks, which are empty, and so is every key at IAM."""
        then, now = Home(self.kept).files(), self.ann.home.files()
        now = {name: content for name, content in now.items() if content or name in then}
        return then == now and list(self.ann.keys().items()) == self.keys_before

    def losses(self, number: int, must_be_done: bool) -> list[str]:
        """Names what went wrong after a run that was cut off; the number chooses what goes on from there."""
        ann, files = self.ann, Home(self.kept).files(".aws")
        ann.stub.settle()
        self.end = "untouched"
        if self.is_untouched() and not must_be_done:
            return []
        try:
            assert_nobody_is_locked_out(ann)
            assert not must_be_done or state(ann) == self.after, "it said that it was done, and it isn't"
            assert ann.home.files(".aws") == files, "an AWS file was changed"
            self.end = assert_it_ends_well(ann, list(FOLLOW_UPS)[number % len(FOLLOW_UPS)])
            assert ann.home.files(".aws") == files, "an AWS file was changed by what goes on from there"
            left = set(ann.home.files()) - set(Home(self.kept).files()) - {".local/share/awskeys/store.rotation.lock"}
            assert not left, f"left behind: {left}"
        except AssertionError as problem:
            return [str(problem)]
        return []


def state(ann: Ann) -> State:
    """How far it is."""
    states = [each["state"] for each in rotations(ann.home)]
    return State(ann.serving() == ann.old.id, list(ann.keys().values()), states)
