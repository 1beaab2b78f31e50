"""Commands that change something, each with the home that it starts from, again and again."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fake_keys import OTHER, SEED, THIRD, Key
from home import CONFIG, CREDENTIALS, KEYS, Home
from sessions import SERIAL
from user_keyring import UserKey

ANCHOR = f"[anchor]\n{OTHER.lines()}\n"


@dataclass(frozen=True)
class Scene:
    """A command, what is done before it, and whether it opens the store by a slot."""

    name: str
    command: list[str]
    before: list[list[str]] = field(default_factory=list)
    stdin: str | None = None
    # The keys that there are before it.
    keys: dict[str, Key] = field(default_factory=lambda: KEYS | {"anchor": OTHER})
    # Whether the passphrase is at hand; else the store is open, and nothing may need to be opened anew.
    has_passphrase: bool = False
    has_store: bool = True
    # Whether a store can come out of it that opens otherwise than before: nothing of the old one is known then.
    new_data_key: bool = False


IMPORT = ["import", "--yes"]
ANCHORED = ["import", "--yes", "--profile", "anchor"]
SCENES = [
    Scene("first import", IMPORT, has_passphrase=True, has_store=False),
    Scene("import", IMPORT, [ANCHORED]),
    Scene("import --undo", ["import", "--undo", "--yes"], [ANCHORED, IMPORT]),
    Scene("add", ["add", "third", "--yes"], [IMPORT], f"{THIRD.id}\n{THIRD.secret}\n"),
    Scene("add --replace", ["add", "prod", "--replace", "--yes"], [IMPORT], f"{THIRD.id}\n{THIRD.secret}\n"),
    Scene("import --sessions", [*IMPORT, "--sessions"], [ANCHORED]),
    Scene("add --sessions", ["add", "third", "--sessions", "--yes"], [IMPORT], f"{THIRD.id}\n{THIRD.secret}\n"),
    Scene("remove", ["remove", "prod", "--yes"], [IMPORT]),
    Scene("adopt", ["adopt", "admin", "dev", "--yes"], [IMPORT]),
    Scene("adopt --undo", ["adopt", "--undo", "admin", "dev", "--yes"], [IMPORT, ["adopt", "admin", "dev", "--yes"]]),
    Scene("slot add", ["slot", "add", "recovery"], [IMPORT], has_passphrase=True),
    Scene("slot remove", ["slot", "remove", "SLOT", "--yes"], [IMPORT, ["slot", "add", "recovery"]]),
    Scene("mfa add", ["mfa", "add", SERIAL, "--yes"], [IMPORT], f"{SEED}\n"),
    Scene(
        "mfa remove",
        ["mfa", "remove", SERIAL, "--yes"],
        [IMPORT, ["mfa", "add", SERIAL, "--yes", "--seed-file", "SEED"]],
    ),
    Scene("rekey", ["rekey", "--yes"], [IMPORT], has_passphrase=True, new_data_key=True),
]


@dataclass
class Stage:
    """A home that is put back to the same beginning before every run."""

    scene: Scene
    home: Home
    kept: Path
    key: UserKey | None = None
    # The slot that stands for SLOT in the command.
    slot: str = ""
    before: Any = None
    after: Any = None
    # What is as good as the state before: an empty store.
    unborn: Any = None
    harmless: set[str] = field(default_factory=set)

    @classmethod
    def make(cls, scene: Scene, folder: Path) -> Stage:
        """Builds the home, and keeps what the command is to begin with."""
        home = Home.make(folder / "home", CONFIG, ANCHOR + CREDENTIALS)
        seed = folder / "seed"
        seed.write_text(SEED)
        for command in scene.before:
            home.run(*(str(seed) if word == "SEED" else word for word in command)).done()
        stage = cls(scene, home, folder / "kept")
        if "SLOT" in scene.command:
            stage.slot = json.loads(home.run("slot", "list", "--json").done().stdout)["slots"][-1]["id"]
        if scene.has_store:
            home.run("unlock", "--for", "8h").done()
            id = home.store.read_bytes()[16:32].hex()
            stage.key = UserKey.named(f"awskeys:{id}")
        if not scene.has_passphrase:
            home.forget_passphrase()
        shutil.copytree(home.path, stage.kept, symlinks=True)
        return stage

    @property
    def argv(self) -> list[str]:
        """The command line."""
        words = [self.slot if word == "SLOT" else word for word in self.scene.command]
        return [str(self.home.folder / "awskeys"), *words]

    def reset(self) -> None:
        """Puts files and the kernel's keyring back."""
        shutil.rmtree(self.home.path)
        shutil.copytree(self.kept, self.home.path, symlinks=True)
        if self.key:
            self.key.restore()

    def aws_files(self) -> tuple[bytes, bytes]:
        """Both AWS files."""
        return self.home.config.read_bytes(), self.home.credentials.read_bytes()

    def state(self) -> Any:
        """All that the command can change: the files, and the store's profiles, slots and devices."""
        if not self.home.store.exists():
            return self.aws_files(), None, None, None
        listed = json.loads(self.home.run("list", "--json").done().stdout)["profiles"]
        profiles = {each["profile"]: (each["access_key_id"], each["sessions_only"]) for each in listed}
        slots = json.loads(self.home.run("slot", "list", "--json").done().stdout)["slots"]
        kinds = sorted(each["kind"] for each in slots)
        devices = json.loads(self.home.run("mfa", "list", "--json").done().stdout)["devices"]
        return self.aws_files(), profiles, kinds, devices

    def learn(self) -> None:
        """Takes the state as that from before the command."""
        self.before, self.harmless = self.state(), self.names()
        self.unborn = self.before if self.scene.has_store else (self.before[0], {}, ["passphrase"], [])

    def learn_end(self) -> None:
        """Takes the state as that after the command."""
        self.harmless |= self.names()
        self.after = self.state()
        self.harmless |= self.names()
        assert self.before != self.after or self.scene.new_data_key, "the command changed nothing"

    def is_untouched(self) -> bool:
        """Whether every file is what it was, but for locks, which are empty."""
        then, now = replace(self.home, path=self.kept).files(), self.home.files()
        return {name: then[name] for name in then if then[name]} == {name: now[name] for name in now if now[name]}

    def names(self) -> set[str]:
        """The names of all files."""
        return set(self.home.files())
