"""Commands that change something, each with the home that it starts from, again and again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, Optional

from fake_keys import OTHER, SEED, THIRD, Key
from home import CONFIG, CREDENTIALS, KEYS, Home
from sessions import SERIAL
from unit_files import fake_systemctl
from user_keyring import UserKey

ANCHOR = f"[anchor]\n{OTHER.lines()}\n"
SERVICE = ".config/systemd/user/awskeys-rotate.service"


class State(NamedTuple):
    """All that a command can change: both AWS files, what the store has, and systemd's unit files."""

    files: tuple[bytes, bytes]
    # The rest of the store is nothing where there is no store.
    profiles: Optional[dict[str, tuple[str, bool]]]
    # The kinds; of those that weren't there before the command, with `new` before them.
    slots: Optional[list[str]]
    devices: Optional[list[dict[str, str]]]
    units: dict[str, bytes]


Halfway = Callable[[State, State], State]


def both_slots(before: State, after: State) -> State:
    """The old slot beside the new one, so that there is always a code that works."""
    assert before.slots and after.slots
    return after._replace(slots=sorted({*before.slots, *after.slots}))


def service_alone(before: State, after: State) -> State:
    """The service without its timer, which does nothing; a timer without its service would fail every day."""
    return before._replace(units={SERVICE: (before.units | after.units)[SERVICE]})


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
    # Whether the very store that was there before stays, under whatever name.
    keeps_store: bool = False
    # What may stay where it was cut off, besides the states before and after it.
    halfway: Halfway | None = None
    # What stands at the end of both AWS files, besides.
    more: tuple[str, str] = ("", "")
    # Whether it writes unit files, or config where there's no store: no other command mends those, the same command does,
    # once more.
    has_units: bool = False
    # With what status the same command ends that finds it done.
    again: int = 0


IMPORT = ["import", "--yes"]
ANCHORED = ["import", "--yes", "--profile", "anchor"]
FIX = ["doctor", "--fix", "--yes", "--rule", "unprefixed-section", "--rule", "inline-comment"]
ILL = ("[old]\nregion = eu-west-1\n", "[plain]\nregion = eu-west-1 # near\n")
SCHEDULE = ["rotate", "--schedule", "90d"]
INSTALL = ["lock", "--watch", "--install"]
APPLY = ["profiles", "apply", "TEMPLATE", "--yes"]
TEMPLATE = """[template team]
source_profile = dev
[accounts]
prod = 123456789012
[roles]
admin = Administrator
"""
SCENES = [
    Scene("first import", IMPORT, has_passphrase=True, has_store=False),
    Scene("import", IMPORT, [ANCHORED]),
    Scene("import --undo", ["import", "--undo", "--yes"], [ANCHORED, IMPORT]),
    Scene("add", ["add", "third", "--yes"], [IMPORT], f"{THIRD.id}\n{THIRD.secret}\n"),
    Scene("add --replace", ["add", "prod", "--replace", "--yes"], [IMPORT], f"{THIRD.id}\n{THIRD.secret}\n"),
    Scene("import --sessions", [*IMPORT, "--sessions"], [ANCHORED]),
    Scene("add --sessions", ["add", "third", "--sessions", "--yes"], [IMPORT], f"{THIRD.id}\n{THIRD.secret}\n"),
    Scene("import --from", ["import", "--from", "csv", "CSV", "--profile", "third", "--yes"], [IMPORT]),
    Scene("remove", ["remove", "prod", "--yes"], [IMPORT]),
    Scene("adopt", ["adopt", "admin", "dev", "--yes"], [IMPORT]),
    Scene("adopt --undo", ["adopt", "--undo", "admin", "dev", "--yes"], [IMPORT, ["adopt", "admin", "dev", "--yes"]]),
    Scene("slot add", ["slot", "add", "recovery"], [IMPORT], has_passphrase=True),
    Scene("slot remove", ["slot", "remove", "SLOT", "--yes"], [IMPORT, ["slot", "add", "recovery"]]),
    Scene(
        "slot replace recovery",
        ["slot", "replace", "recovery", "--yes"],
        [IMPORT, ["slot", "add", "recovery"]],
        halfway=both_slots,
    ),
    Scene("slot replace passphrase", ["slot", "replace", "--new-passphrase-file", "FILE", "--yes"], [IMPORT]),
    Scene("mfa add", ["mfa", "add", SERIAL, "--yes"], [IMPORT], f"{SEED}\n"),
    Scene(
        "mfa remove",
        ["mfa", "remove", SERIAL, "--yes"],
        [IMPORT, ["mfa", "add", SERIAL, "--yes", "--seed-file", "FILE"]],
    ),
    Scene("rekey", ["rekey", "--yes"], [IMPORT], has_passphrase=True, new_data_key=True),
    Scene(
        "restore",
        ["restore", "COPY", "--yes"],
        [ANCHORED, ["backup", "COPY"], IMPORT],
        has_passphrase=True,
        keeps_store=True,
    ),
    Scene("doctor --fix", FIX, [IMPORT], more=ILL),
    Scene("doctor --undo", ["doctor", "--undo", "--yes"], [IMPORT, FIX], more=ILL),
    Scene("rotate --schedule", SCHEDULE, has_store=False, halfway=service_alone, has_units=True),
    Scene(
        "rotate --schedule off",
        ["rotate", "--schedule", "off"],
        [SCHEDULE],
        has_store=False,
        halfway=service_alone,
        has_units=True,
    ),
    Scene("profiles apply", APPLY, has_store=False, has_units=True),
    Scene("profiles remove", ["profiles", "remove", "team", "--yes"], [APPLY], has_store=False, has_units=True, again=66),
    Scene("lock --watch --install", INSTALL, has_store=False, has_units=True),
    Scene("lock --watch --uninstall", ["lock", "--watch", "--uninstall"], [INSTALL], has_store=False, has_units=True),
]


@dataclass
class Stage:
    """A home that is put back to the same beginning before every run."""

    scene: Scene
    home: Home
    kept: Path
    # The file that stands for FILE in a command: a seed, or a passphrase.
    secret: Path
    key: UserKey | None = None
    # The ids of the slots that there are before it.
    old_slots: set[str] = field(default_factory=set)
    before: State = field(init=False)
    after: State = field(init=False)
    # What is as good as the state before: an empty store.
    unborn: State = field(init=False)
    halfway: State = field(init=False)
    # Which of these the last check found.
    end: str = ""
    harmless: set[str] = field(default_factory=set)

    @classmethod
    def make(cls, scene: Scene, folder: Path) -> Stage:
        """Builds the home, and keeps what the command is to begin with."""
        config, credentials = scene.more
        home = Home.make(folder / "home", CONFIG + config, ANCHOR + CREDENTIALS + credentials)
        if scene.has_units:
            fake_systemctl(home, 0)
        stage = cls(scene, home, folder / "kept", secret=folder / "secret")
        stage.secret.write_text(SEED)
        stage.secret.chmod(0o600)
        stage.secret.with_name("key.csv").write_text(f"Access key ID,Secret access key\n{THIRD.id},{THIRD.secret}\n")
        stage.secret.with_name("template").write_text(TEMPLATE)
        for command in scene.before:
            home.run(*stage.words(command)).done()
        if scene.has_store:
            stage.old_slots = set(stage.slots())
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
        return [str(self.home.folder / "awskeys"), *self.words(self.scene.command)]

    def words(self, command: list[str]) -> list[str]:
        """A command with what stands for FILE, CSV, COPY and TEMPLATE, and for SLOT: the one that was added last."""
        beside = self.secret.with_name
        named = {"FILE": str(self.secret), "CSV": str(beside("key.csv"))}
        named |= {name: str(beside(name.lower())) for name in ("COPY", "TEMPLATE")}
        if "SLOT" in command:
            named["SLOT"] = list(self.slots())[-1]
        return [named.get(word, word) for word in command]

    def slots(self) -> dict[str, str]:
        """The store's slots: their ids with their kinds."""
        slots = json.loads(self.home.run("slot", "list", "--json").done().stdout)["slots"]
        return {each["id"]: each["kind"] for each in slots}

    def reset(self) -> None:
        """Puts files and the kernel's keyring back."""
        shutil.rmtree(self.home.path)
        shutil.copytree(self.kept, self.home.path, symlinks=True)
        if self.key:
            self.key.restore()

    def aws_files(self) -> tuple[bytes, bytes]:
        """Both AWS files."""
        return self.home.config.read_bytes(), self.home.credentials.read_bytes()

    def state(self) -> State:
        """What there is now."""
        settings = self.home.files(".config")
        units = {name: text for name, text in settings.items() if name.endswith((".service", ".timer"))}
        if not self.home.store.exists():
            return State(self.aws_files(), None, None, None, units)
        listed = json.loads(self.home.run("list", "--json").done().stdout)["profiles"]
        profiles = {each["profile"]: (each["access_key_id"], each["sessions_only"]) for each in listed}
        slots = sorted(kind if id in self.old_slots else f"new {kind}" for id, kind in self.slots().items())
        devices = json.loads(self.home.run("mfa", "list", "--json").done().stdout)["devices"]
        return State(self.aws_files(), profiles, slots, devices, units)

    def learn(self) -> None:
        """Takes the state as that from before the command."""
        self.before, self.harmless = self.state(), self.names()
        has_store = self.scene.has_store
        self.unborn = self.before if has_store else State(self.before.files, {}, ["new passphrase"], [], {})

    def learn_end(self) -> None:
        """Takes the state as that after the command."""
        self.harmless |= self.names()
        self.after = self.state()
        self.harmless |= self.names()
        assert self.before != self.after or self.scene.new_data_key, "the command changed nothing"
        self.halfway = self.scene.halfway(self.before, self.after) if self.scene.halfway else self.after

    def is_untouched(self) -> bool:
        """Whether every file is what it was, but for locks, which are empty."""
        then, now = replace(self.home, path=self.kept).files(), self.home.files()
        return {name: then[name] for name in then if then[name]} == {name: now[name] for name in now if now[name]}

    def names(self) -> set[str]:
        """The names of all files."""
        return set(self.home.files())
