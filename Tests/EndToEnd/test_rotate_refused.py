"""`awskeys rotate` when IAM, the network or the command line says no: one text, one exit code, a key that works."""

from __future__ import annotations

import json
import re
import socket
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from conftest import MakeHome
from programs import Result
from rotating import Ann, ended, mutations, rotating_home, rotations, serving, start
from stub_faults import FOREVER
from stub_iam import Stub


@pytest.fixture
def ann(make_home: MakeHome, stub: Stub) -> Ann:
    return Ann.make(make_home, stub)


def said_no(result: Result, status: int, *fragments: str) -> None:
    """Asserts that it ended with a status, a message, and a next step."""
    assert result.status == status, result
    assert [line for line in result.stderr.splitlines() if line.startswith("awskeys: ")], result
    assert result.hint, result
    for fragment in fragments:
        assert fragment in result.stderr, result


def assert_untouched(ann: Ann) -> None:
    """Asserts that nothing was changed, neither in IAM nor in what the store says."""
    assert ann.keys() == {ann.old.id: "Active"}
    assert not any(call.is_done for call in ann.stub.calls() if call.action in set(mutations(ann.stub)))
    assert rotations(ann.home) == []
    assert ann.serving() == ann.old.id


def policy(text: str) -> dict[str, Any]:
    """Gives the policy that a message proposes."""
    found: dict[str, Any] = json.loads(text[text.index('{"Version"') : text.rindex("}") + 1])
    return found


def test_two_keys_of_somebody_are_both_shown_and_neither_is_touched(ann: Ann) -> None:
    other = ann.user.key(timedelta(days=400))
    used = datetime.now(timezone.utc) - timedelta(days=30)
    ann.stub.set_last_use(other.id, used, "ec2", "eu-west-3")
    before = ann.home.store.read_bytes()
    result = ann.rotate("dev", "--yes")
    said_no(result, 73, "--replace")
    lines = {key: next(line for line in result.stderr.splitlines() if key in line) for key in (ann.old.id, other.id)}
    made = (datetime.now(timezone.utc) - timedelta(days=400)).strftime("%Y-%m")
    assert f"made {made}" in lines[other.id] and "active" in lines[other.id]
    assert f"last used {used:%Y-%m-%d}" in lines[other.id] and "ec2 in eu-west-3" in lines[other.id]
    assert "not in the store" in lines[other.id] and "in the store: dev" in lines[ann.old.id]
    assert mutations(ann.stub) == [] and ann.home.store.read_bytes() == before

    document = json.loads(ann.rotate("dev", "--json", "--yes").stdout)
    [failed] = document["rotations"]
    assert (failed["state"], failed["error"]["exit_code"]) == ("failed", 73)
    assert other.id in failed["error"]["message"] and "--replace" in failed["error"]["hint"]

    said_no(ann.rotate("dev", "--replace", "AKIANOBODYSEXAMPLE22", "--yes"), 66, "AKIANOBODYSEXAMPLE22")
    said_no(ann.rotate("dev", "--replace", ann.old.id, "--yes"), 66, ann.old.id)
    assert mutations(ann.stub) == [] and ann.home.store.read_bytes() == before

    ann.rotate("dev", "--replace", other.id, "--yes").done()
    assert mutations(ann.stub) == ["DeleteAccessKey", "CreateAccessKey", "UpdateAccessKey"]
    assert ann.keys() == {ann.old.id: "Inactive", ann.serving(): "Active"}


def test_a_root_key_is_not_rotated(make_home: MakeHome, stub: Stub) -> None:
    key = stub.root().key()
    home = rotating_home(make_home, stub, {"dev": key})
    said_no(home.run("rotate", "dev", "--yes"), 78, "root", "123456789012")
    assert mutations(stub) == [] and serving(stub, home) == key.id


def test_a_key_that_aws_does_not_know_is_not_rotated(make_home: MakeHome, stub: Stub) -> None:
    ann, bob = stub.user("ann"), stub.user("bob")
    keys = [ann.key(is_active=False), bob.key()]
    del bob.accounts.keys[keys[1].id]
    homes = [rotating_home(make_home, stub, {"dev": key}, name=f"home{at}") for at, key in enumerate(keys)]
    before = [home.store.read_bytes() for home in homes]
    # A key that came into the store a moment ago is asked about for a minute; both of them at once.
    at_work = [start(home, "rotate", "dev", "--yes") for home in homes]
    for process, key in zip(at_work, keys, strict=True):
        said_no(ended(process), 77, key.id, "awskeys add dev --replace")
    assert mutations(stub) == [] and [home.store.read_bytes() for home in homes] == before


@pytest.mark.parametrize("action", ["GetCallerIdentity", "ListAccessKeys", "CreateAccessKey"])
def test_who_may_not_begin_is_told_which_policy_is_missing(ann: Ann, action: str) -> None:
    if action == "GetCallerIdentity":
        ann.stub.fault(action, "deny", times=FOREVER)
    else:
        ann.user.denied.add(action)
    result = ann.rotate("dev", "--yes")
    said_no(result, 77, action, "--mfa-token")
    [statement] = policy(result.stderr)["Statement"]
    needed = {"ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey", "GetAccessKeyLastUsed"}
    assert {name.removeprefix("iam:") for name in statement["Action"]} == needed
    # Whoever may not even ask who it is gets a policy for any user.
    user = "arn:aws:iam::*:user/${aws:username}" if action == "GetCallerIdentity" else "arn:aws:iam::123456789012:user/ann"
    assert (statement["Effect"], statement["Resource"]) == ("Allow", user)
    assert_untouched(ann)


def test_who_may_not_deactivate_keeps_both_keys_until_it_is_allowed(ann: Ann) -> None:
    ann.user.denied.add("UpdateAccessKey")
    result = ann.rotate("dev", "--yes")
    said_no(result, 77, "UpdateAccessKey")
    assert "UpdateAccessKey" in json.dumps(policy(result.stderr))
    new = ann.serving()
    assert ann.keys() == {ann.old.id: "Active", new: "Active"}
    assert [each["state"] for each in rotations(ann.home)] == ["retiring"]
    assert ann.old.id[-4:] in ann.home.run("list").done().stdout
    ann.user.denied.clear()
    ann.rotate("dev", "--resume", "--yes").done()
    assert (ann.keys(), ann.serving()) == ({ann.old.id: "Inactive", new: "Active"}, new)


def test_who_may_not_delete_keeps_an_inactive_key_until_it_is_allowed(ann: Ann) -> None:
    ann.user.denied |= {"DeleteAccessKey", "GetAccessKeyLastUsed"}
    result = ann.rotate("dev", "--delete-now", "--yes")
    said_no(result, 77, "DeleteAccessKey")
    new = ann.serving()
    assert ann.keys() == {ann.old.id: "Inactive", new: "Active"}
    said_no(ann.rotate("--finish", "--yes"), 77, "DeleteAccessKey")
    # It isn't forgotten, and no second key is made in the meantime.
    said_no(ann.rotate("dev", "--yes"), 77, "DeleteAccessKey")
    assert ann.keys() == {ann.old.id: "Inactive", new: "Active"}
    ann.user.denied.clear()
    ann.rotate("--finish", "--yes").done()
    assert (ann.keys(), ann.serving(), rotations(ann.home)) == ({new: "Active"}, new, [])


def test_a_server_that_is_not_there_changes_nothing(ann: Ann) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        result = ann.rotate("dev", "--yes", env={"AWS_ENDPOINT_URL_IAM": url, "AWS_ENDPOINT_URL_STS": url})
    said_no(result, 69, "127.0.0.1", "HTTPS_PROXY")
    assert ann.stub.calls() == []
    assert_untouched(ann)


@pytest.mark.parametrize("action", ["GetCallerIdentity", "ListAccessKeys"])
def test_somebody_elses_page_is_not_taken_for_an_answer(ann: Ann, action: str) -> None:
    ann.stub.fault(action, "garble", times=FOREVER)
    said_no(ann.rotate("dev", "--yes"), 69, action, "AWS_ENDPOINT_URL")
    assert_untouched(ann)


@pytest.mark.parametrize("action", ["GetCallerIdentity", "CreateAccessKey"])
def test_throttling_without_end_ends(ann: Ann, action: str) -> None:
    ann.stub.fault(action, "throttle", times=FOREVER)
    said_no(ann.rotate("dev", "--yes"), 75, "Throttling", "try again")
    assert_untouched(ann)
    calls = [call.action for call in ann.stub.calls()]
    assert calls.count(action) == (1 if action == "CreateAccessKey" else 5)


@pytest.mark.parametrize("kind", ["lose", "garble", "error500_after"])
def test_a_new_key_whose_answer_was_lost_is_named_and_may_be_replaced(ann: Ann, kind: Any) -> None:
    ann.stub.fault("CreateAccessKey", kind)
    result = ann.rotate("dev", "--yes")
    [lost] = ann.keys().keys() - {ann.old.id}
    said_no(result, 73, lost, f"awskeys rotate dev --replace {lost}")
    assert ann.serving() == ann.old.id
    assert "rotate --resume dev" in ann.home.run("list").done().stdout
    said_no(ann.rotate("dev", "--yes"), 73, lost)
    assert set(ann.keys()) == {ann.old.id, lost}
    said_no(ann.rotate("dev", "--rollback", "--yes"), 73, lost)
    assert set(ann.keys()) == {ann.old.id, lost}
    if kind == "lose":
        ann.rotate("dev", "--replace", lost, "--delete-now", "--yes").done()
        assert ann.old.id not in ann.keys()
    else:
        ann.rotate("dev", "--resume", "--replace", lost, "--yes").done()
    assert (ann.keys(), rotations(ann.home)) == ({ann.serving(): "Active"}, [])
    assert all(call.code != "LimitExceeded" for call in ann.stub.calls())


@pytest.mark.parametrize("may_delete", [True, False])
def test_a_new_key_that_cannot_be_kept_is_deleted_again_or_named(ann: Ann, may_delete: bool) -> None:
    """The store can't be written any more from the moment on at which IAM makes the key."""
    hindrance = ann.home.store.with_name(".store.awskeys-new")
    ann.stub.fault("CreateAccessKey", before=lambda call: (hindrance / "in the way").mkdir(parents=True))
    if not may_delete:
        ann.user.denied.add("DeleteAccessKey")
    result = ann.rotate("dev", "--yes")
    assert result.status in (73, 74) and "awskeys: " in result.stderr, result
    (hindrance / "in the way").rmdir()
    hindrance.rmdir()
    assert ann.serving() == ann.old.id
    if may_delete:
        assert ann.keys() == {ann.old.id: "Active"}
    else:
        [orphan] = ann.keys().keys() - {ann.old.id}
        said_no(result, result.status, orphan, f"awskeys rotate dev --replace {orphan}")
        ann.user.denied.clear()
        ann.rotate("dev", "--replace", orphan, "--delete-now", "--yes").done()
        assert ann.keys() == {ann.serving(): "Active"}


def test_keys_are_not_sent_in_the_clear(ann: Ann) -> None:
    url = "http://iam.example:8080"
    for name in ("AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_STS"):
        del ann.home.env[name]
    # As its proxy, the server would see a request if there were one.
    proxy = {name: ann.stub.url for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy")}
    for variable in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_IAM"):
        result = ann.rotate("dev", "--yes", env=proxy | {variable: url})
        said_no(result, 78, url, "AWS_ENDPOINT_URL")
    ann.home.config.write_text(ann.home.config.read_text() + f"[profile dev]\nendpoint_url = {url}\n")
    assert ann.stub.calls() == []
    assert ann.serving() == ann.old.id


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dev", "--all"],
        ["dev", "--imported"],
        ["--resume", "--finish"],
        ["dev", "--resume", "--rollback"],
        ["dev", "--finish", "--rollback"],
        ["--schedule", "90d", "--all"],
        ["--schedule", "90d", "dev"],
        ["--schedule", "off", "--json"],
        ["--schedule", "often"],
        ["--schedule", "90d", "--finish"],
        ["--rollback"],
        ["--finish", "--older-than", "90d"],
        ["dev", "--resume", "--dry-run"],
        ["dev", "--finish", "--keep-active"],
        ["dev", "--delete-now", "--keep-active"],
        ["dev", "--rollback", "--delete-now"],
        ["dev", "--resume", "--delete-now"],
        ["--all", "--replace", "AKIAIOSFODNN7EXAMPLE"],
        ["dev", "bob", "--replace", "AKIAIOSFODNN7EXAMPLE"],
        ["dev", "--finish", "--replace", "AKIAIOSFODNN7EXAMPLE"],
        ["dev", "--grace", "soon"],
        ["dev", "--older-than", "-1d"],
    ],
    ids=" ".join,
)
def test_what_does_not_go_together_is_a_wrong_usage(imported: Any, arguments: list[str]) -> None:
    before = imported.files()
    result = imported.run("rotate", *arguments, "--yes")
    assert result.status == 64 and result.stdout == "", result
    assert re.match(r"(Error|awskeys): ", result.stderr) and "rotate" in result.stderr, result
    assert imported.files() == before


@pytest.mark.parametrize("mode", [[], ["--resume"], ["--finish"], ["--rollback"], ["--dry-run"]], ids=" ".join)
def test_a_profile_that_the_store_has_not_is_named(ann: Ann, mode: list[str]) -> None:
    ann.rotate("nobody", *mode, "--yes").failed(66, "nobody")
    assert ann.stub.calls() == []


def test_no_terminal_and_no_yes_changes_nothing(ann: Ann) -> None:
    said_no(ann.rotate("dev"), 64, "--yes")
    assert_untouched(ann)
