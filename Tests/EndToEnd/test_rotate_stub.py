"""`awskeys rotate` against the tests' own IAM, which knows new keys late and no inactive ones: when all goes well."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from calling_clients import clients_at_work
from conftest import MakeHome
from rotating import Ann, moment, mutations, rotating_home, rotations, serving
from stub_iam import Stub


@pytest.fixture
def ann(make_home: MakeHome, stub: Stub) -> Ann:
    return Ann.make(make_home, stub)


def until(ann: Ann, held: Callable[[], bool], *arguments: str, tries: int = 400) -> None:
    """Runs a command again and again until something holds; each run takes its time by itself."""
    for _ in range(tries):
        if held():
            return
        ann.home.run(*arguments).done()
    raise AssertionError(f"it does not come true by `{' '.join(arguments)}`: {ann.home.run('list', '--json')}")


def test_no_call_fails_while_iam_and_sts_know_the_new_key_only_now_and_then(
    ann: Ann, capsys: pytest.CaptureFixture[str]
) -> None:
    ann.stub.propagate([False, True, False, True])
    with clients_at_work(ann.home) as clients:
        result = ann.rotate("dev", "--delete-now", "--yes").done()
        clients.all_call()
    [new] = ann.keys()
    assert f"{ann.old.id} -> {new}" in result.stdout
    assert clients.failed() == []
    assert clients.keys() == {ann.old.id, new}
    # The rotation alone has met with the key that wasn't known.
    refused = [call for call in ann.stub.calls() if call.status != 200]
    assert refused and {call.key_id for call in refused} == {new}
    assert mutations(ann.stub) == ["CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"]
    with capsys.disabled():
        print(f"\nwhile a key spread slowly, not one of these calls failed: {clients.summary()}")


def test_profiles_that_share_a_key_are_rotated_once(make_home: MakeHome, stub: Stub) -> None:
    shared, other = stub.user("ann").key(), stub.user("bob").key()
    home = rotating_home(make_home, stub, {"default": shared, "one": shared, "two": shared, "bob": other})
    result = home.run("rotate", "two", "--json", "--yes").done()
    [rotated] = json.loads(result.stdout)["rotations"]
    assert rotated["profiles"] == ["default", "one", "two"]
    assert stub.actions.count("CreateAccessKey") == 1
    new = serving(stub, home, "two")
    assert new != shared.id
    assert {serving(stub, home, name) for name in ("default", "one")} == {new}
    assert serving(stub, home, "bob") == other.id
    assert {call.key_id for call in stub.calls()} == {shared.id, new}
    assert rotated == {
        "profiles": ["default", "one", "two"],
        "state": "retired",
        "old_access_key_id": shared.id,
        "access_key_id": new,
        "due": rotated["due"],
        "next": rotated["next"],
        "error": None,
    }
    assert shared.id in rotated["next"] and "--rollback default" in rotated["next"]


def test_a_dry_run_shows_the_plan_and_changes_nothing(ann: Ann) -> None:
    before = ann.home.files()
    said = ann.rotate("dev", "--dry-run").done()
    assert all(word in said.stderr for word in ("dev", ann.old.id, "ann", "123456789012", "1 d")), said
    assert ann.rotate("--all", "--delete-now", "--dry-run").done().stderr.count("delete this one at once") == 1
    [planned] = json.loads(ann.rotate("dev", "--dry-run", "--json").done().stdout)["rotations"]
    assert (planned["state"], planned["access_key_id"]) == ("planned", ann.old.id)
    assert planned["next"].startswith("make a new key")
    assert mutations(ann.stub) == []
    after = ann.home.files()
    assert after.pop(".local/share/awskeys/store.rotation.lock", b"") == b""
    assert after == before


def test_within_its_grace_period_the_old_key_is_named_and_comes_back(ann: Ann) -> None:
    later = datetime.now(timezone.utc) + timedelta(hours=1)
    ann.stub.set_last_use(ann.old.id, later, "s3", "eu-central-1")
    result = ann.rotate("dev", "--grace", "2h", "--yes").done()
    assert "still used" in result.stderr and "s3 in eu-central-1" in result.stderr
    new = ann.serving()
    assert ann.keys() == {ann.old.id: "Inactive", new: "Active"}
    [deactivation] = ann.stub.calls("UpdateAccessKey")
    assert deactivation.key_id == new

    [entry] = rotations(ann.home)
    due = moment(entry["due"])
    assert timedelta(hours=2) <= due - deactivation.time + timedelta(seconds=1) < timedelta(hours=2, minutes=1)
    assert entry == {
        "state": "retired",
        "profiles": ["dev"],
        "user": "ann",
        "account": "123456789012",
        "access_key_id": new,
        "other_access_key_id": ann.old.id,
        "due": entry["due"],
    }
    assert json.loads(ann.home.run("status", "--json").done().stdout)["rotations"] == [entry]
    [profile] = json.loads(ann.home.run("list", "--json").done().stdout)["profiles"]
    assert (profile["rotation"], profile["exposed"]) == (entry, False)
    for command in ("list", "status"):
        assert entry["due"] in ann.home.run(command).done().stdout

    calls = len(ann.stub.calls())
    assert "nothing is due" in ann.rotate("--finish", "--yes").done().stdout
    assert "nothing is due" in ann.rotate("dev", "--finish", "--yes").done().stdout
    assert json.loads(ann.rotate("--finish", "--json", "--yes").done().stdout) == {"rotations": []}
    assert len(ann.stub.calls()) == calls

    ann.rotate("dev", "--rollback", "--yes").done()
    assert ann.serving() == ann.old.id
    assert ann.keys() == {ann.old.id: "Active", new: "Inactive"}
    ann.rotate("dev", "--finish", "--delete-now", "--yes").done()
    assert ann.keys() == {ann.old.id: "Active"}
    assert rotations(ann.home) == []
    ann.rotate("dev", "--rollback", "--yes").failed(66, "no earlier key", hint=False)


def test_a_key_that_others_share_stays_active_for_its_grace_period(ann: Ann) -> None:
    ann.rotate("dev", "--keep-active", "--grace", "1s", "--yes").done()
    new = ann.serving()
    assert ann.keys() == {ann.old.id: "Active", new: "Active"}
    [entry] = rotations(ann.home)
    assert entry["state"] == "retiring"
    # No other command than `rotate` does what is due, nor asks AWS about it.
    calls = len(ann.stub.calls())
    until(ann, lambda: "rotate --finish" in ann.home.run("status").done().stdout, "list")
    assert "still active" in ann.home.run("list").done().stdout
    assert len(ann.stub.calls()) == calls

    ann.rotate("--finish", "--yes").done()
    assert ann.keys().get(ann.old.id) != "Active"
    until(ann, lambda: list(ann.keys()) == [new], "rotate", "--finish", "--yes")
    assert rotations(ann.home) == []
    assert ann.serving() == new
    assert mutations(ann.stub) == ["CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"]


def test_an_overdue_key_is_named_and_deleted_by_the_next_rotation_of_whatever(make_home: MakeHome, stub: Stub) -> None:
    old, other = stub.user("ann").key(), stub.user("bob").key()
    home = rotating_home(make_home, stub, {"dev": old, "bob": other})
    home.run("rotate", "dev", "--grace", "1s", "--yes").done()
    calls = len(stub.calls())
    for command in ("list", "status"):
        for _ in range(400):
            if "overdue" in (said := home.run(command).done().stdout):
                break
        assert "overdue" in said and "awskeys rotate --finish" in said
    assert len(stub.calls()) == calls
    result = home.run("rotate", "bob", "--delete-now", "--yes").done()
    assert old.id in result.stderr and "due" in result.stderr
    assert list(stub.keys(stub.user("ann"))) == [serving(stub, home)]
    assert list(stub.keys(stub.user("bob"))) == [serving(stub, home, "bob")]


def test_a_second_rotation_deletes_the_first_ones_old_key_before_it_makes_another(ann: Ann) -> None:
    ann.rotate("dev", "--yes").done()
    second = ann.serving()
    result = ann.rotate("dev", "--yes").done()
    third = ann.serving()
    assert ann.keys() == {second: "Inactive", third: "Active"}
    assert f"deleted {ann.old.id}" in result.stderr
    assert mutations(ann.stub) == [
        "CreateAccessKey",
        "UpdateAccessKey",
        "DeleteAccessKey",
        "CreateAccessKey",
        "UpdateAccessKey",
    ]
    assert all(call.status == 200 for call in ann.stub.calls())
    [entry] = rotations(ann.home)
    assert (entry["access_key_id"], entry["other_access_key_id"]) == (third, second)


def test_only_keys_of_an_age_are_rotated(make_home: MakeHome, stub: Stub) -> None:
    old, young = stub.user("ann").key(timedelta(days=91)), stub.user("bob").key(timedelta(days=89))
    home = rotating_home(make_home, stub, {"old": old, "young": young})
    result = home.run("rotate", "--all", "--older-than", "90d", "--delete-now", "--json", "--yes").done()
    said = {each["profiles"][0]: each for each in json.loads(result.stdout)["rotations"]}
    assert (said["old"]["state"], said["young"]["state"]) == ("finished", "skipped")
    assert said["young"]["access_key_id"] == said["young"]["old_access_key_id"] == young.id
    assert list(stub.keys(stub.user("bob"))) == [young.id]
    assert list(stub.keys(stub.user("ann"))) == [serving(stub, home, "old")] != [old.id]
    again = home.run("rotate", "--all", "--older-than", "90d", "--yes").done()
    assert "younger than 90 d" in again.stdout and len(stub.keys(stub.user("ann"))) == 1
    assert mutations(stub) == ["CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"]


def test_imported_takes_only_what_lay_in_plain_text(make_home: MakeHome, stub: Stub) -> None:
    seen, clean = stub.user("ann").key(), stub.user("bob").key()
    home = rotating_home(make_home, stub, {"seen": seen})
    home.run("add", "clean", "--yes", stdin=f"{clean.id}\n{clean.secret}\n").done()
    said = home.run("rotate", "--imported", "--dry-run").done()
    assert seen.id in said.stderr and clean.id not in said.stderr
    assert {call.key_id for call in stub.calls()} == {seen.id}


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_clock_that_is_ten_minutes_off_hinders_nothing(ann: Ann, minutes: int) -> None:
    ann.stub.set_clock(timedelta(minutes=minutes))
    ann.rotate("dev", "--delete-now", "--yes").done()
    assert list(ann.keys()) == [ann.serving()] != [ann.old.id]
    assert rotations(ann.home) == []


def test_every_copy_of_the_old_key_is_named_before_anything_is_changed(ann: Ann) -> None:
    (ann.home.path / ".env").write_text(f"AWS_SECRET_ACCESS_KEY={ann.old.secret}\n")
    with ann.home.credentials.open("a") as file:
        file.write(f"[copy]\n{ann.old.lines()}")
    keys = {"AWS_ACCESS_KEY_ID": ann.old.id, "AWS_SECRET_ACCESS_KEY": ann.old.secret}
    # Without a terminal it ends at the question.
    said = ann.rotate("dev", env=keys)
    assert said.status == 64 and "--yes" in said.hint, said
    copies = [line for line in said.stderr.splitlines() if "another copy" in line and ann.old.id in line]
    for place in (str(ann.home.path / ".env"), str(ann.home.credentials), "AWS_ACCESS_KEY_ID"):
        assert sum(place in line for line in copies) == 1, said
    assert len(copies) == 3 and ann.old.secret not in said.stderr
    assert mutations(ann.stub) == []
