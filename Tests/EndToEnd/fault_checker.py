"""What must hold after a fault: no key and no byte is lost, the next command mends the rest, and the text is right."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from fake_keys import Key
from fault_scenes import Stage
from faults import KILL, Fault
from programs import CHECKOUT, Result


def documented_codes() -> set[int]:
    """The exit codes in the table of docs/commands.md."""
    table = (CHECKOUT / "docs/commands.md").read_text().split("## Exit codes", 1)[1]
    return {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}


CODES = documented_codes()


@dataclass(frozen=True)
class Judge:
    """Looks at a stage after a run with a fault."""

    stage: Stage
    fault: Fault

    def judge(self, result: Result) -> list[str]:
        """Names everything that is wrong."""
        if self.stage.is_untouched() and result.status != 0:
            return self._wrong_words(result)
        wrong = [*self._wrong_words(result), *self._lost_bytes(), *self._lost_keys("at once")]
        # What a fault left half done, any command finishes or puts back.
        mending = self.stage.home.run("list") if self.stage.home.store.exists() else None
        if mending and mending.status != 0:
            return [*wrong, f"the next command failed: {mending.status} {mending.stderr}"]
        wrong += self._lost_keys("after the next command")
        state = self.stage.state()
        if state not in (self.stage.before, self.stage.unborn, self.stage.after):
            wrong.append("neither done nor undone")
        elif result.status == 0 and state != self.stage.after:
            wrong.append("it said that it was done, and it isn't")
        # What was begun of a first store stays for the next attempt to remove.
        begun = set() if self.stage.home.store.exists() else {".local/share/awskeys/.store.awskeys-new"}
        if left := self.stage.names() - self.stage.harmless - begun:
            wrong.append(f"left behind: {left}")
        return wrong

    def _wrong_words(self, result: Result) -> list[str]:
        if self.fault.what == KILL:
            return [] if result.status == -9 else [f"not killed: {result.status}"]
        if result.status == 0:
            return []
        if result.status not in CODES:
            return [f"exit code {result.status} isn't documented: {result.stderr}"]
        messages = [line for line in result.stderr.splitlines() if line.startswith("awskeys: ")]
        if len(messages) != 1 and not self.fault.call.speaks:
            return [f"{len(messages)} messages: {result.stderr}"]
        return []

    def _lost_bytes(self) -> list[str]:
        """Each AWS file is one of the two that it may be, at every moment."""
        known = zip(self.stage.aws_files(), self.stage.before[0], self.stage.after[0])
        return ["an AWS file has lost bytes" for now, before, after in known if now not in (before, after)]

    def _lost_keys(self, when: str) -> list[str]:
        return [f"{name} is lost {when}" for name, key in self.stage.scene.keys.items() if not self._has(name, key)]

    def _has(self, name: str, key: Key) -> bool:
        """Whether the key is in the file that it was in, or the store gives it."""
        if any(key.secret.encode() in content for content in self.stage.aws_files()):
            return True
        # A key that is kept back, the fast lane doesn't give.
        answer = self.stage.home.resolve(name)
        if answer.status != 0 or "SessionToken" in answer.stdout:
            answer = self.stage.home.run("export", name, "--no-session", "--format", "process")
        replaced = name not in (self.stage.after[1] or {}) or self.stage.after[1][name][0] != key.id
        if answer.status == 0:
            found = json.loads(answer.stdout)
            return found["SecretAccessKey"] == key.secret or (replaced and found["AccessKeyId"] != key.id)
        # A key that the command takes away may be gone.
        return replaced
