"""What else happens while a key is rotated, or its old one is in its grace period: other commands, interruptions."""

from __future__ import annotations

import json
import signal
from datetime import timedelta

import pytest

from conftest import IS_TORTURE, MakeHome
from fake_keys import THIRD
from rotating import PATIENCE, Ann, ended, mutations, rotating_home, rotations, serving
from stub_iam import Stub


@pytest.fixture
def ann(make_home: MakeHome, stub: Stub) -> Ann:
    return Ann.make(make_home, stub)


def lost_keys(ann: Ann) -> set[str]:
    """The user's keys that the store doesn't know."""
    return set(ann.keys()) - {ann.serving()} - {each["other_access_key_id"] for each in rotations(ann.home)}


def test_what_other_commands_write_meanwhile_stays(ann: Ann) -> None:
    home = ann.home

    def add(name: str) -> None:
        home.run("add", name, "--yes", stdin=f"{THIRD.id}\n{THIRD.secret}\n").done()

    ann.stub.fault("CreateAccessKey", before=lambda call: add("early"))
    ann.stub.fault("UpdateAccessKey", before=lambda call: home.run("lock").done(), after=lambda call: add("late"))
    ann.rotate("dev", "--delete-now", "--yes").done()
    for name in ("early", "late"):
        assert json.loads(home.resolve(name).done().stdout)["AccessKeyId"] == THIRD.id
    assert list(ann.keys()) == [ann.serving()] != [ann.old.id]


def test_one_key_that_cannot_be_rotated_does_not_keep_others_from_it(make_home: MakeHome, stub: Stub) -> None:
    user = stub.user("ann+b=c,d@example.com", path="/team/dev/")
    root, key = stub.root().key(), user.key(timedelta(days=100))
    stub.set_page_size(1)
    home = rotating_home(make_home, stub, {"a root": root, "dev": key})
    result = home.run("rotate", "--all", "--delete-now", "--json", "--yes", timeout=PATIENCE)
    assert result.status == 78, result
    said = {each["profiles"][0]: each for each in json.loads(result.stdout)["rotations"]}
    assert said["a root"]["state"] == "failed" and said["a root"]["error"]["exit_code"] == 78
    assert "root" in said["a root"]["error"]["message"]
    new = serving(stub, home)
    assert (said["dev"]["state"], said["dev"]["error"], said["dev"]["access_key_id"]) == ("finished", None, new)
    assert stub.keys(user) == {new: "Active"} and stub.keys(stub.root()) == {root.id: "Active"}


@pytest.mark.parametrize("leaving", [["remove", "dev", "--yes"], ["import", "--undo", "--yes"]], ids=["remove", "undo"])
def test_the_old_key_of_a_profile_that_left_the_store_is_still_named_and_deleted(ann: Ann, leaving: list[str]) -> None:
    ann.rotate("dev", "--yes").done()
    new = ann.serving()
    ann.home.run(*leaving).done()
    if leaving[0] == "import":
        assert ann.stub.key(new).secret in ann.home.credentials.read_text()
    for command in ("list", "status"):
        said = ann.home.run(command).done()
        assert ann.old.id[-4:] in said.stdout + said.stderr and "ann (123456789012)" in said.stdout + said.stderr
    [entry] = rotations(ann.home)
    assert (entry["profiles"], entry["other_access_key_id"]) == ([], ann.old.id)
    ann.rotate("--finish", "--delete-now", "--yes").done()
    assert (ann.keys(), rotations(ann.home)) == ({new: "Active"}, [])


def test_a_locked_store_is_said_before_aws_is_asked(ann: Ann) -> None:
    ann.home.run("lock").done()
    passphrase = ann.home.env.pop("AWSKEYS_PASSPHRASE_FILE")
    ann.rotate("dev", "--yes").failed(77, "locked", "awskeys unlock")
    ann.home.env["AWSKEYS_PASSPHRASE_FILE"] = passphrase
    assert ann.stub.calls() == [] and ann.serving() == ann.old.id


def test_a_reader_who_goes_away_costs_no_key(ann: Ann) -> None:
    """As in `awskeys rotate dev --yes 2>&1 | head -1`."""
    held = ann.stub.fault("CreateAccessKey", "hang_after")
    process = ann.start("dev", "--delete-now", "--yes")
    ann.stub.wait_for("CreateAccessKey")
    assert process.stderr
    process.stderr.close()
    held.release.set()
    process.wait(PATIENCE)
    assert lost_keys(ann) == set()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupt_while_iam_makes_the_key_costs_no_key(ann: Ann, name: str) -> None:
    """Ctrl-C while IAM is slow is what people do; the answer would have come."""
    held = ann.stub.fault("CreateAccessKey", "hang_after")
    process = ann.start("dev", "--delete-now", "--yes")
    ann.stub.wait_for("CreateAccessKey")
    process.send_signal(signal.Signals[name])
    held.release.set()
    ended(process)
    assert lost_keys(ann) == set()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupt_while_the_new_key_is_proven_is_carried_on(ann: Ann, name: str) -> None:
    held = ann.stub.fault("GetCallerIdentity", "hang", nth=2)
    process = ann.start("dev", "--delete-now", "--yes")
    ann.stub.wait_for("GetCallerIdentity", 2)
    process.send_signal(signal.Signals[name])
    assert ended(process).status != 0
    held.release.set()
    assert ann.serving() == ann.old.id and lost_keys(ann) == set()
    ann.rotate("dev", "--rollback", "--yes").done()
    assert (ann.keys(), rotations(ann.home)) == ({ann.old.id: "Active"}, [])
    assert mutations(ann.stub) == ["CreateAccessKey", "DeleteAccessKey"]


@pytest.mark.skipif(not IS_TORTURE, reason="two minutes of waiting: AWSKEYS_TORTURE=1 runs it")
def test_a_new_key_that_somebody_makes_inactive_after_the_switch_stays_named(ann: Ann) -> None:
    accounts = ann.user.accounts

    def spoil(call: object) -> None:
        [new] = accounts.keys.keys() - {ann.old.id}
        accounts.keys[new].is_active = False

    ann.stub.fault("GetAccessKeyLastUsed", before=spoil)
    ann.rotate("dev", "--yes")
    assert ann.serving() == ann.old.id
    assert lost_keys(ann) == set()
