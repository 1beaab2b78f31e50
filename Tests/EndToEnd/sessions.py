"""What the tests of roles and sessions share: a home whose key the tests' own STS knows, and roles on top of it."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conftest import MakeHome
from fake_keys import Key
from home import Home
from programs import Result
from stub_accounts import ACCOUNT
from stub_iam import Stub
from stub_principals import User

SERIAL = f"arn:aws:iam::{ACCOUNT}:mfa/ann"
CONFIG = f"""[profile admin]
role_arn = arn:aws:iam::{ACCOUNT}:role/admin
source_profile = dev
region = eu-west-1

[profile deep]
role_arn = arn:aws:iam::{ACCOUNT}:role/deep
source_profile = admin
external_id = handshake-EXAMPLE

[profile careful]
role_arn = arn:aws:iam::{ACCOUNT}:role/careful
source_profile = dev
mfa_serial = {SERIAL}

[profile cautious]
role_arn = arn:aws:iam::{ACCOUNT}:role/cautious
source_profile = dev
mfa_serial = {SERIAL}
"""


@dataclass
class Roles:
    """A user with a key, imported as `dev`, and the profiles of `CONFIG`."""

    stub: Stub
    user: User
    key: Key
    home: Home

    @classmethod
    def make(cls, make_home: MakeHome, stub: Stub, config: str = CONFIG, *importing: str, **how: Any) -> Roles:
        """Makes them, and lets the server have the roles."""
        user = stub.user("ann")
        key = user.key()
        stub.role("admin")
        stub.role("deep", trusted=[ACCOUNT], external_id="handshake-EXAMPLE")
        for name in ("careful", "cautious"):
            stub.role(name, requires_mfa=True)
        home: Home = make_home(config=config, credentials=f"[dev]\n{key.lines()}\n", **how)
        home.run("import", "--yes", *importing).done()
        home.run("unlock", "--for", "8h").done()
        home.env |= stub.environment | {"AWS_DEFAULT_REGION": "us-east-1"}
        return cls(stub, user, key, home)

    def begin_again(self) -> None:
        """Puts the keys back into the files, and does away with the store."""
        self.home.run("import", "--undo", "--yes").done()
        self.home.lock()
        self.home.store.unlink()

    def arn(self, profile: str, *options: str) -> str:
        """Whom AWS says that a profile is."""
        answer = json.loads(self.home.run("whoami", profile, "--json", *options).done().stdout)
        arn: str = answer["arn"]
        return arn

    def document(self, profile: str, lane: str = "slow") -> dict[str, Any]:
        """What SDKs get."""
        result = self.home.run("credential-process", profile) if lane == "slow" else self.home.resolve(profile)
        assert result.done().stderr == "", result
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    @property
    def secrets(self) -> list[str]:
        """Every secret that the server knows by now."""
        accounts = self.user.accounts
        found = {each.key.secret for each in accounts.keys.values()} | set(self.stub.answering.sign_ins)
        for session in accounts.sessions.values():
            found |= {session.key.secret, session.token}
        return sorted(found)

    @property
    def calls(self) -> list[str]:
        """The calls so far that gave sessions."""
        return [each for each in self.stub.actions if each != "GetCallerIdentity"]


def role_arn(name: str, session: str | None = None) -> str:
    """Whom a session of a role is of, as GetCallerIdentity has it."""
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session or 'awskeys-' + name}"


def end_of(document: dict[str, Any]) -> datetime:
    """When credentials end."""
    return datetime.fromisoformat(document["Expiration"].replace("Z", "+00:00"))


def environment_of(result: Result) -> dict[str, str]:
    """The AWS variables that a command printed with `env`."""
    pairs = (line.split("=", 1) for line in result.done().stdout.splitlines() if "=" in line)
    return {name: value for name, value in pairs if name.startswith("AWS")}


def nobody_listens() -> str:
    """Gives an address on this machine that refuses connections."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{made.getsockname()[1]}"
