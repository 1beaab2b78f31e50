"""Two `awskeys rotate` at once: from two homes with one key, and in one home."""

from __future__ import annotations

import threading

import pytest

from conftest import MakeHome
from rotating import PATIENCE, Ann, ended, mutations, rotating_home, rotations, serving, start
from stub_iam import Stub

WAITING = "waiting for another `awskeys rotate`"


@pytest.fixture
def ann(make_home: MakeHome, stub: Stub) -> Ann:
    return Ann.make(make_home, stub)


def test_of_two_homes_with_one_key_one_rotates_it_and_the_other_says_why_not(
    ann: Ann, make_home: MakeHome, stub: Stub
) -> None:
    other = rotating_home(make_home, stub, {"dev": ann.old}, name="other home")
    # Both have seen one key in IAM before either asks for another.
    both = threading.Barrier(2, timeout=PATIENCE)
    stub.fault("CreateAccessKey", times=2, before=lambda call: both.wait())
    homes = [ann.home, other]
    results = [ended(process) for process in [start(home, "rotate", "dev", "--yes") for home in homes]]

    assert sorted(result.status for result in results) == [0, 73], results
    winner, loser = (homes[at] for at in ((0, 1) if results[0].status == 0 else (1, 0)))
    said = next(result for result in results if result.status == 73)
    new = serving(stub, winner)
    assert ann.keys() == {ann.old.id: "Inactive", new: "Active"}
    # The text shows both keys, and which of them this store has.
    lines = {key: next(line for line in said.stderr.splitlines() if line.strip().startswith(key)) for key in ann.keys()}
    assert "in the store: dev" in lines[ann.old.id] and "not in the store" in lines[new]
    # The other key is the rival's new one, so that nobody is told to delete it.
    assert "two keys" in said.stderr and "another machine" in said.hint and "--replace" not in said.hint
    # Its store is as before: no rotation is under way, and a key that somebody else has made inactive is in it.
    assert rotations(loser) == []
    assert ann.old.id in loser.resolve("dev").done().stdout
    assert mutations(stub).count("UpdateAccessKey") == 1 and "DeleteAccessKey" not in mutations(stub)
    assert [call.code for call in stub.calls() if call.code] == ["LimitExceeded"]
    # The winner can give the key back to both.
    winner.run("rotate", "dev", "--rollback", "--yes", timeout=PATIENCE).done()
    assert serving(stub, winner) == serving(stub, loser) == ann.old.id


def test_in_one_home_the_second_waits_and_leaves_alone_what_the_first_has_made(ann: Ann) -> None:
    held = ann.stub.fault("CreateAccessKey", "hang_after")
    first = ann.start("dev", "--yes")
    ann.stub.wait_for("CreateAccessKey")
    second = ann.start("dev", "--delete-now", "--yes")
    assert second.stderr and WAITING in second.stderr.readline()
    # Nobody else waits: clients are answered, and what is under way is shown.
    assert ann.serving() == ann.old.id
    assert "rotate --resume dev" in ann.home.run("list").done().stdout
    assert "rotate --resume dev" in ann.home.run("status").done().stdout
    assert len(ann.stub.calls("GetCallerIdentity")) == 1
    held.release.set()

    ended(first).done()
    said = ended(second).done()
    new = ann.serving()
    assert ann.keys() == {ann.old.id: "Inactive", new: "Active"}
    assert "has just rotated it" in said.stdout
    assert all(call.status == 200 for call in ann.stub.calls())
    assert mutations(ann.stub) == ["CreateAccessKey", "UpdateAccessKey"]


def test_a_kill_of_the_one_at_work_lets_the_other_begin(ann: Ann) -> None:
    ann.stub.fault("GetCallerIdentity", "hang")
    first = ann.start("dev", "--yes")
    ann.stub.wait_for("GetCallerIdentity")
    second = ann.start("dev", "--delete-now", "--yes")
    assert second.stderr and WAITING in second.stderr.readline()
    first.kill()
    assert ended(first).status == -9
    ended(second).done()
    assert list(ann.keys()) == [ann.serving()] != [ann.old.id]
    assert rotations(ann.home) == []

