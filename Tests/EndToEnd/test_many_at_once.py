"""Many at once, and all of them changing: 64 writers of one store and its files, 200 readers, and somebody watching.

Each writer knows what it has put in and taken out, so that at the end the store and both files must hold exactly that.
Nobody has the passphrase: whoever finds the store locked for a moment fails, and so does the test.
"""

from __future__ import annotations

import configparser
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from conftest import IS_TORTURE, SEED, MakeHome
from fake_keys import Key, fake_key
from home import Home

WRITERS, READERS, STILL = 64, 200, 8
SECONDS = 120.0 if IS_TORTURE else 10.0
# Nothing is slow here but the machine: whoever waits this long waits for ever.
PATIENCE = 300.0


def listed(home: Home) -> dict[str, str]:
    """What `awskeys list` shows: each profile with the id of its key."""
    document = json.loads(home.run("list", "--json", timeout=PATIENCE).done().stdout)
    return {entry["profile"]: entry["access_key_id"] for entry in document["profiles"]}


@dataclass
class Writer:
    """Somebody who changes profiles of their own, one command after the other."""

    home: Home
    number: int
    source: random.Random
    done: Counter[str] = field(default_factory=Counter)
    mine: dict[str, Key] = field(default_factory=dict)
    slowest: float = 0.0

    @property
    def imported(self) -> str:
        return f"imported-{self.number}"

    def command(self, *arguments: str, stdin: str | None = None) -> None:
        began = time.monotonic()
        self.home.run(*arguments, stdin=stdin, timeout=PATIENCE).done()
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.done[arguments[0]] += 1

    def add(self) -> None:
        name, key = f"added-{self.number}-{self.done['add']}", fake_key(self.source)
        self.command("add", name, stdin=f"{key.id}\n{key.secret}\n")
        self.mine[name] = key

    def remove(self) -> None:
        name = self.source.choice(sorted(self.mine))
        self.command("remove", "--yes", name)
        del self.mine[name]

    def take(self) -> None:
        self.command("import", "--yes", "--profile", self.imported)

    def look(self) -> None:
        seen = listed(self.home)
        ours = {name: id for name, id in seen.items() if name.startswith(f"added-{self.number}-")}
        assert ours == {name: key.id for name, key in self.mine.items()}
        self.done["list"] += 1

    def work(self, until: float) -> None:
        """Begins with an import or an addition, and does this and that until the time is over."""
        first = [self.add, self.take]
        self.source.shuffle(first)
        first[0]()
        if time.monotonic() < until:
            first[1]()
        while time.monotonic() < until:
            # Few profiles each, so that what is written stays small and is written often.
            kind = self.remove if len(self.mine) > 1 else self.add
            self.source.choice([kind, kind, kind, self.look])()


class Readers:
    """So many processes of the helper, alive at once: where one ends, the next one begins."""

    def __init__(self, home: Home, keys: dict[str, Key]) -> None:
        self.home, self.keys, self.count, self.wrong = home, keys, 0, []
        self.over = threading.Event()

    def loop(self, folder: Path) -> None:
        """Keeps them going from one thread, with a file for each one's answer."""
        running: dict[int, tuple[str, int]] = {}
        free = [os.memfd_create(f"answer {number}") for number in range(2 * READERS)]
        names = sorted(self.keys)
        errors = os.open(folder / "errors", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        while running or not self.over.is_set():
            while len(running) < READERS and not self.over.is_set():
                name, answer = names[self.count % len(names)], free.pop()
                os.ftruncate(answer, 0)
                os.lseek(answer, 0, os.SEEK_SET)
                process = os.posix_spawn(
                    self.home.helper, [self.home.helper, name], self.home.env,
                    file_actions=[(os.POSIX_SPAWN_DUP2, answer, 1), (os.POSIX_SPAWN_DUP2, errors, 2)], setsid=True)
                running[process] = (name, answer)
                self.count += 1
            # Only readers: writers are other threads' children, and waited for there.
            for process in list(running):
                ended, status = os.waitpid(process, os.WNOHANG)
                if ended:
                    name, answer = running.pop(process)
                    self.judge(name, status, os.pread(answer, 4096, 0).decode())
                    free.append(answer)
            time.sleep(0.005)
        os.close(errors)
        for answer in free:
            os.close(answer)

    def judge(self, name: str, status: int, answer: str) -> None:
        key = self.keys[name]
        if status != 0 or f'"{key.id}"' not in answer or f'"{key.secret}"' not in answer:
            self.wrong.append((name, status, answer))


class Watcher:
    """Reads both files all the time, and finds them whole."""

    def __init__(self, home: Home) -> None:
        self.home, self.count, self.over = home, 0, threading.Event()

    def loop(self) -> None:
        while not self.over.is_set():
            for file in (self.home.config, self.home.credentials):
                parser = configparser.RawConfigParser()
                parser.read_string(file.read_text())
                self.count += 1
            time.sleep(0.002)


@contextmanager
def running(*loops: tuple[object, object]) -> Iterator[None]:
    """Runs loops in threads of their own until the body ends; what one of them throws is thrown at the end."""
    with ThreadPoolExecutor(max_workers=len(loops)) as pool:
        futures = [pool.submit(loop) for _, loop in loops]
        try:
            yield
        finally:
            for it, _ in loops:
                it.over.set()
        for future in futures:
            future.result()


def test_64_writers_and_200_readers_of_one_store_lose_nothing(make_home: MakeHome, tmp_path: Path) -> None:
    source = random.Random(f"{SEED} many at once")
    still = {f"still-{number}": fake_key(source) for number in range(STILL)}
    waiting = {f"imported-{number}": fake_key(source) for number in range(WRITERS)}
    sections = "\n".join(f"[{name}]\n{key.lines()}" for name, key in (still | waiting).items())
    home = make_home(config="[default]\nregion = eu-central-1\n", credentials=sections)
    selected = [argument for name in still for argument in ("--profile", name)]
    home.run("import", "--yes", *selected).done()
    home.run("unlock", "--for", "8h").done()
    home.forget_passphrase()

    writers = [Writer(home, number, random.Random(f"{SEED} writer {number}")) for number in range(WRITERS)]
    readers, watcher = Readers(home, still), Watcher(home)
    until = time.monotonic() + SECONDS
    with (
        running((readers, lambda: readers.loop(tmp_path)), (watcher, watcher.loop)),
        ThreadPoolExecutor(max_workers=WRITERS) as pool,
    ):
        for future in [pool.submit(writer.work, until) for writer in writers]:
            future.result()

    done = sum((writer.done for writer in writers), Counter())
    slowest = max(writer.slowest for writer in writers)
    print(f"\n{dict(done)}, {readers.count} reads, {watcher.count} looks at the files, slowest write {slowest:.1f} s")
    assert readers.wrong == [], (tmp_path / "errors").read_text()[:2000]
    assert done["add"] + done["import"] >= WRITERS and min(done["add"], done["import"]) > 0
    assert readers.count >= READERS

    # The store has what everybody put in and nobody took out, and gives it.
    mine = {name: key for writer in writers for name, key in writer.mine.items()}
    left = {writer.imported for writer in writers if not writer.done["import"]}
    keys = still | mine | {name: key for name, key in waiting.items() if name not in left}
    assert listed(home) == {name: key.id for name, key in keys.items()}
    for name, key in keys.items():
        assert key.secret in home.resolve(name).done().stdout
    # So do the files: one line each, no key left in plain text, nothing else lost.
    config = configparser.RawConfigParser()
    config.read_string(home.config.read_text())
    lines = {
        section.removeprefix("profile "): config[section]["credential_process"] for section in config.sections()
        if "credential_process" in config[section]
    }
    assert lines == {name: f"{home.helper} {name}" for name in keys}
    assert config["default"]["region"] == "eu-central-1"
    credentials = configparser.RawConfigParser()
    credentials.read_string(home.credentials.read_text())
    assert {name for name in credentials.sections() if credentials[name]} == left
    # Nobody left anything lying about.
    locks = {"store.lock"} | ({"store.rotation.lock"} if done["remove"] else set())
    assert {path.name for path in home.store.parent.iterdir()} == {"store"} | locks
    assert {path.name for path in home.config.parent.iterdir()} == {"config", "credentials"}
