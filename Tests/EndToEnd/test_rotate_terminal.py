"""A person at a terminal who rotates: asked once before anything is changed, and about a key that may be somebody's."""

from __future__ import annotations

import pytest

from conftest import MakeHome
from rotating import Ann, mutations, rotations
from stub_iam import Stub
from terminal import YES_OR_NO, Terminal


@pytest.fixture
def ann(make_home: MakeHome, stub: Stub) -> Ann:
    return Ann.make(make_home, stub)


@pytest.mark.parametrize("arguments", [["dev"], ["--all", "--delete-now"], ["--imported"]], ids=" ".join)
def test_saying_no_to_the_plan_changes_nothing(ann: Ann, arguments: list[str]) -> None:
    before = ann.home.store.read_bytes()
    terminal = Terminal(ann.home, "rotate", *arguments)
    terminal.wait_for(YES_OR_NO)
    assert ann.old.id in terminal.seen and "ann in 123456789012" in terminal.seen
    terminal.child.sendline("n")
    assert terminal.ends() == 1, terminal.seen
    assert "nothing was changed" in terminal.seen
    assert mutations(ann.stub) == [] and ann.home.store.read_bytes() == before


def test_an_interrupt_at_the_question_changes_nothing(ann: Ann) -> None:
    before = ann.home.store.read_bytes()
    terminal = Terminal(ann.home, "rotate", "dev")
    terminal.wait_for(YES_OR_NO)
    terminal.interrupt()
    assert terminal.ends() != 0
    assert mutations(ann.stub) == [] and ann.home.store.read_bytes() == before


def test_a_key_whose_answer_was_lost_is_asked_about(ann: Ann) -> None:
    ann.stub.fault("CreateAccessKey", "lose")
    assert ann.rotate("dev", "--yes").status == 73
    [lost] = ann.keys().keys() - {ann.old.id}

    terminal = Terminal(ann.home, "rotate", "--resume")
    terminal.wait_for(YES_OR_NO)
    assert lost in terminal.seen.splitlines()[-1]
    terminal.child.sendline("n")
    assert terminal.ends() == 73, terminal.seen
    assert set(ann.keys()) == {ann.old.id, lost} and ann.serving() == ann.old.id

    terminal = Terminal(ann.home, "rotate", "--resume")
    terminal.wait_for(YES_OR_NO)
    terminal.child.sendline("y")
    assert terminal.ends() == 0, terminal.seen
    assert (ann.keys(), ann.serving(), rotations(ann.home)) == ({ann.old.id: "Active"}, ann.old.id, [])


def test_a_rollback_and_a_deletion_ask_first(ann: Ann) -> None:
    ann.rotate("dev", "--yes").done()
    new = ann.serving()
    for arguments, said in ((["dev", "--rollback"], ann.old.id), (["--finish", "--delete-now"], "for good")):
        terminal = Terminal(ann.home, "rotate", *arguments)
        terminal.wait_for(YES_OR_NO)
        assert said in terminal.seen
        terminal.child.sendline("")
        assert terminal.ends() == 1, terminal.seen
        assert (ann.keys(), ann.serving()) == ({ann.old.id: "Inactive", new: "Active"}, new)
