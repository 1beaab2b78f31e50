"""What must hold after a fault: no key and no byte is lost, the next command mends the rest, and the text is right."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from fake_keys import Key
from fault_scenes import Stage
from faults import KILL, Fault
from programs import CHECKOUT, Result


def documented_codes() -> set[int]:
    """The exit codes in the table of docs/commands.md."""
    table = (CHECKOUT / "docs/commands.md").read_text().split("## Exit codes", 1)[1]
    return {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}


CODES = documented_codes()
# `awskeys doctor` says in its output what it finds after it has done what it was asked.
FINDINGS = {2, 3}
# What may be said before the message: what was done all the same.
NOTES = ("awskeys: the new code opens the store, and so does the old one",)


def wrong_words(result: Result, fault: Fault) -> list[str]:
    """Names what is wrong with a program's end: it has a documented exit code, and one message unless all is well."""
    if fault.what == KILL:
        return [] if result.status == -9 else [f"not killed: {result.status}"]
    if result.status == 0:
        return []
    if result.status not in CODES:
        return [f"exit code {result.status} isn't documented: {result.stderr}"]
    if result.status in FINDINGS:
        return []
    lines = [line for line in result.stderr.splitlines() if line.startswith("awskeys: ")]
    messages = [line for line in lines if not line.startswith(NOTES)]
    if len(messages) != 1 and not fault.call.speaks:
        return [f"{len(messages)} messages: {result.stderr}"]
    return []


def judge(stage: Stage, fault: Fault, result: Result) -> list[str]:
    """Names everything that is wrong after a run with a fault."""
    return [
        *wrong_words(result, fault),
        *lost_codes(stage, result),
        *losses(stage, must_be_done=result.status == 0),
    ]


def losses(stage: Stage, must_be_done: bool) -> list[str]:
    """Names everything that was lost, and what isn't mended by the next command."""
    stage.end = "untouched"
    if stage.is_untouched() and not must_be_done:
        return []
    wrong = [*lost_bytes(stage), *lost_keys(stage, "at once")]
    store = replace(stage.home, path=stage.kept).store.read_bytes() if stage.scene.keeps_store else None
    if store and store not in stage.home.files().values():
        wrong.append("the store that was there is gone")
    # What was left half done, any command finishes or puts back.
    mending = stage.home.run("list") if stage.home.store.exists() else None
    if mending and mending.status != 0:
        return [*wrong, f"the next command failed: {mending.status} {mending.stderr}"]
    wrong += lost_keys(stage, "after the next command")
    state = stage.state()
    stage.end = "undone" if state in (stage.before, stage.unborn) else "done" if state == stage.after else "halfway"
    if stage.end == "halfway" and state != stage.halfway:
        wrong.append(f"neither done nor undone: {state}")
    elif must_be_done and state != stage.after:
        wrong.append("it said that it was done, and it isn't")
    if stage.scene.has_units:
        is_done = stage.end == "done"
        again = stage.home.run(*stage.words(stage.scene.command))
        if again.status != (stage.scene.again if is_done else 0) or stage.state() != stage.after:
            wrong.append(f"it isn't done by the same command once more: {again.status} {again.stderr}")
    # What was begun of a first store stays for the next attempt to remove.
    begun = set() if stage.home.store.exists() else {".local/share/awskeys/.store.awskeys-new"}
    if left := stage.names() - stage.harmless - begun:
        wrong.append(f"left behind: {left}")
    return wrong


def lost_codes(stage: Stage, result: Result) -> list[str]:
    """Somebody has a recovery code of the store, if anybody had one: the old one works until a new one was shown."""
    if not stage.home.store.exists() or "recovery" not in (stage.before.slots or []):
        return []
    is_gone = not any(id in stage.old_slots and kind == "recovery" for id, kind in stage.slots().items())
    is_shown = re.search(r"^[0-9A-Z-]{31}$", result.stdout, re.MULTILINE)
    is_meant = "new recovery" not in (stage.after.slots or [])
    return ["nobody has a code that works"] if is_gone and not is_shown and not is_meant else []


def lost_bytes(stage: Stage) -> list[str]:
    """Each AWS file is one of the two that it may be, at every moment."""
    known = zip(stage.aws_files(), stage.before.files, stage.after.files)
    return ["an AWS file has lost bytes" for now, before, after in known if now not in (before, after)]


def lost_keys(stage: Stage, when: str) -> list[str]:
    """Every key is in the file that it was in, or the store gives it."""
    return [f"{name} is lost {when}" for name, key in stage.scene.keys.items() if not has(stage, name, key)]


def has(stage: Stage, name: str, key: Key) -> bool:
    """Whether a key can be had, or may be gone by what the command does."""
    if any(key.secret.encode() in content for content in stage.aws_files()):
        return True
    # A key that is kept back, the fast lane doesn't give.
    answer = stage.home.resolve(name)
    if answer.status != 0 or "SessionToken" in answer.stdout:
        answer = stage.home.run("export", name, "--no-session", "--format", "process")
    profiles = stage.after.profiles or {}
    is_replaced = name not in profiles or profiles[name][0] != key.id
    if answer.status == 0:
        found = json.loads(answer.stdout)
        return found["SecretAccessKey"] == key.secret or (is_replaced and found["AccessKeyId"] != key.id)
    # What the command takes away or replaces may be gone.
    return is_replaced
