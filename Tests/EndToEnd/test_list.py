"""`awskeys list`: what is known of keys and roles, with and without asking AWS."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import programs
from conftest import MakeHome
from fake_keys import DOCUMENTED, Key
from home import Home
from rotating import Ann, rotating_home
from sessions import Roles, end_of, nobody_listens
from stub_faults import FOREVER
from stub_iam import Stub
from terminal import Terminal

# Its account is that of the base32 in it, worked out by hand.
NEW = Key("AKIAQNZGKIQYEXAMPLE2", DOCUMENTED.secret)
YELLOW = "\x1b[33m"


def listed(home: Home, *options: str) -> dict[str, Any]:
    """What `list --json` says."""
    found: dict[str, Any] = json.loads(home.run("list", "--json", *options).done().stdout)
    return found


def test_the_table_has_accounts_ids_and_ages(make_home: MakeHome) -> None:
    home = make_home(config="", credentials=f"[new]\n{NEW.lines()}[old]\n{DOCUMENTED.lines()}").import_all()
    assert home.run("list").done().stdout == (
        "PROFILE  ACCOUNT       KEY        AGE  NOTE\n"
        "new      029608264752  AKIA…PLE2  0 d  lay in plain text\n"
        "old                    AKIA…MPLE  0 d  lay in plain text\n"
    )
    assert [each.get("account") for each in listed(home)["profiles"]] == ["029608264752", None]


def test_columns_without_anything_in_them_are_left_out(make_home: MakeHome) -> None:
    home = make_home(config="", credentials=f"[old]\n{DOCUMENTED.lines()}").import_all()
    assert home.run("list").done().stdout.startswith("PROFILE  KEY        AGE  NOTE\n")


def test_old_keys_stand_out_on_a_terminal_alone(make_home: MakeHome) -> None:
    home = make_home(config="", credentials=f"[old]\n{DOCUMENTED.lines()}").import_all()

    def on_terminal(days: int, *variables: str) -> str:
        terminal = Terminal(home, "list", through=("env", "TERM=xterm", *variables, "faketime", "-f", f"+{days}d"))
        assert terminal.ends() == 0, terminal.seen
        return terminal.seen

    assert f"{YELLOW}90 d\x1b[0m  lay in" in on_terminal(90)
    for seen in (on_terminal(89), on_terminal(90, "NO_COLOR=1"), on_terminal(90, "TERM=dumb")):
        assert YELLOW not in seen and " d  lay in" in seen
    piped = programs.run(["faketime", "-f", "+90d", f"{home.folder}/awskeys", "list"], home.env, None, 60, home.path, None)
    assert " 90 d  lay in" in piped.done().stdout
    assert YELLOW in on_terminal(90, "NO_COLOR=")


def test_iam_says_when_keys_were_used(make_home: MakeHome, stub: Stub) -> None:
    used, unused = stub.user("ann").key(), stub.user("bob").key()
    home = rotating_home(make_home, stub, {"used": used, "same": used, "unused": unused})
    stub.set_last_use(used.id, datetime.now(timezone.utc) - timedelta(days=3, hours=1), "s3", "eu-west-3")
    stub.set_last_use(unused.id, None)
    rows = {line.split()[0]: line for line in home.run("list", "--last-use").done().stdout.splitlines()}
    assert "LAST USE" in rows["PROFILE"]
    assert all("3 d ago, s3" in rows[name] for name in ("used", "same")) and " never " in rows["unused"]
    assert stub.actions.count("GetAccessKeyLastUsed") == 2
    uses = {each["profile"]: each["last_use"] for each in listed(home, "--last-use")["profiles"]}
    assert uses["unused"] == {"time": None, "service": None, "region": None}
    assert (uses["used"]["service"], uses["used"]["region"]) == ("s3", "eu-west-3")
    before = len(stub.calls())
    assert all("last_use" not in each for each in listed(home)["profiles"]) and len(stub.calls()) == before


def test_what_iam_does_not_say_is_left_out(make_home: MakeHome, stub: Stub) -> None:
    ann = Ann.make(make_home, stub)
    stub.fault("GetAccessKeyLastUsed", "deny", times=FOREVER)
    result = ann.home.run("list", "--last-use").done()
    assert "dev" in result.stdout and "LAST USE" not in result.stdout
    assert "does not allow iam:GetAccessKeyLastUsed" in result.stderr and "\n\n" not in result.stderr
    result = ann.home.run("list", "--last-use", env={"AWS_ENDPOINT_URL_IAM": nobody_listens()}).done()
    assert "dev" in result.stdout and "cannot reach" in result.stderr


def test_sessions_and_adopted_roles_have_their_rows(make_home: MakeHome, stub: Stub) -> None:
    roles = Roles.make(make_home, stub)
    roles.home.run("adopt", "admin", "--yes").done()
    assert [(each["profile"], each.get("session")) for each in listed(roles.home)["roles"]] == [("admin", None)]
    end = end_of(roles.document("admin"))
    [role] = listed(roles.home)["roles"]
    assert role == {"profile": "admin", "role_arn": "arn:aws:iam::123456789012:role/admin", "session": f"{end:%FT%TZ}"}
    row = next(line for line in roles.home.run("list").done().stdout.splitlines() if line.startswith("admin"))
    assert " min left " in row and row.endswith(role["role_arn"]) and "123456789012" in row
    roles.home.config.write_text("broken\n")
    assert "dev" in roles.home.run("list").done().stdout
