"""The chain of roles that awskeys follows is the one that boto3 follows, as STS sees it, for 120 drawn pairs of files.

Each profile with a role is resolved by boto3, by awskeys, and by both once more when the keys are in the store: STS is
asked for the same roles, in the same order, with the same words, signed by the same keys and roles, and in the end says
that the credentials are the same role's. Where boto3 fails, awskeys fails.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from conftest import SEED, MakeHome
from fake_keys import Key
from generate_chains import BEGINNINGS, DEEPEST, Chains, KnownRole, World, generate_chains
from home import Home
from sessions import Roles, role_arn
from stub_clients import client
from stub_faults import Call
from stub_iam import Stub, stub_iam

PAIRS = 120
WEB_TOKEN = "EXAMPLE.web.identity"
# What both sides call a session when nobody says how.
UNNAMED = re.compile(r"(botocore-session-\d+|awskeys-[\w+=,.@-]+)$")
# Loading the description of a service takes far longer than a call.
LOADER = boto3.Session()._session.get_component("data_loader")


@dataclass(frozen=True)
class Told:
    """One call to STS: what it asks for, and who signed it."""

    action: str
    wishes: tuple[tuple[str, str], ...]
    signer: str

    @classmethod
    def of(cls, call: Call) -> Told:
        """Reads a call."""
        left_out = {"Version", "WebIdentityToken"}
        wishes = {name: UNNAMED.sub("*", value) for name, value in call.parameters.items() if name not in left_out}
        return cls(call.action, tuple(sorted(wishes.items())), UNNAMED.sub("*", call.signer))


@dataclass(frozen=True)
class Followed:
    """How a profile's chain was followed: what STS was asked, and whom the credentials are of; nobody if it failed."""

    calls: tuple[Told, ...]
    who: str | None


@dataclass
class Bench:
    """What a pair is judged with: a home whose store takes every pair in turn, and STS."""

    home: Home
    stub: Stub
    world: World
    # How the drawn profiles ended: by what their chain begins with, and whether boto3 could follow it.
    ends: Counter[tuple[str, bool]]
    runs: int = 0

    def followed(self, calls_so_far: int, who: str | None) -> Followed:
        """Gives what STS was asked since."""
        calls = [call for call in self.stub.calls()[calls_so_far:] if call.action != "GetCallerIdentity"]
        return Followed(tuple(map(Told.of, calls)), who)

    def who(self, key_id: str, secret: str, token: str) -> str:
        """Asks STS whom credentials are of."""
        sts = client(self.stub, "sts", Key(key_id, secret), token)
        return UNNAMED.sub("*", sts.get_caller_identity()["Arn"])

    def env(self, pair: Chains, folder: Path) -> dict[str, str]:
        """The environment that a pair is used in; each run has a cache of its own."""
        self.runs += 1
        cache = self.home.path / f"cache-{self.runs}"
        files = {"AWS_CONFIG_FILE": str(folder / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials")}
        return self.home.env | files | pair.env | {"XDG_CACHE_HOME": str(cache)}

    def boto3(self, pair: Chains, folder: Path, profile: str, monkeypatch: pytest.MonkeyPatch) -> Followed:
        """Lets boto3 follow a chain."""
        before = len(self.stub.calls())
        with monkeypatch.context() as patch:
            for name in os.environ:
                patch.delenv(name)
            for name, value in self.env(pair, folder).items():
                patch.setenv(name, value)
            try:
                session = botocore.session.Session(profile=profile)
                session.register_component("data_loader", LOADER)
                credentials: Any = session.get_credentials()
                found = credentials and credentials.get_frozen_credentials()
                who = self.who(found.access_key, found.secret_key, found.token) if found else None
            # A token's file that isn't there comes as Python's own error.
            except (BotoCoreError, ClientError, OSError):
                who = None
        return self.followed(before, who)

    def awskeys(self, pair: Chains, folder: Path, profile: str) -> Followed:
        """Lets awskeys follow it."""
        before = len(self.stub.calls())
        result = self.home.run("credential-process", profile, env=self.env(pair, folder))
        if result.status:
            assert result.stdout == "" and result.stderr.startswith("awskeys: "), result
            return self.followed(before, None)
        assert result.stderr == "", result
        found = json.loads(result.stdout)
        return self.followed(
            before, self.who(found["AccessKeyId"], found["SecretAccessKey"], found.get("SessionToken"))
        )


@pytest.fixture(scope="module")
def bench(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One STS and one unlocked store for all pairs."""
    folder = tmp_path_factory.mktemp("chains")
    with stub_iam() as stub:
        home = Home.make(folder / "home", config="", credentials=None)
        home.env |= stub.environment | {"AWS_DEFAULT_REGION": "us-east-1", "AWSKEYS_STORE": str(home.path / "store")}
        home.credentials.write_text(f"[of-the-bench]\n{stub.user('bench').key().lines()}")
        home.import_all().run("unlock", "--for", "8h").done()
        yield Bench(home, stub, world(stub, folder), Counter())
        home.lock()


def world(stub: Stub, folder: Path) -> World:
    """Makes the users and the roles that pairs refer to."""
    keys = [stub.user(name).key() for name in ("ann", "bob", "cid", "dan") for _ in range(2)]
    accounts = {"trusted": ["123456789012", "210987654321"]}
    roles = [
        *(stub.role(f"open-{at}", **accounts) for at in range(5)),
        *(stub.role(f"vendor-{at}", external_id=f"EXAMPLE-id:{at}/x", **accounts) for at in range(3)),
        stub.role("brief", max_duration=3600, **accounts),
        stub.role("below", path="/team/blue/", **accounts),
        stub.role("elsewhere", account="210987654321", **accounts),
        stub.role("for-nobody", trusted=[]),
    ]
    web = stub.role("web", trusted=[], web_identities=[WEB_TOKEN])
    token, program = folder / "token", folder / "program"
    token.write_text(WEB_TOKEN)
    document = {"Version": 1, "AccessKeyId": keys[0].id, "SecretAccessKey": keys[0].secret}
    program.write_text(f"#!/bin/sh\necho '{json.dumps(document)}'\n")
    program.chmod(0o755)
    return World(keys, [KnownRole(role.arn, role.external_id) for role in roles], program, token, web.arn)


@pytest.mark.parametrize("number", range(PAIRS))
def test_awskeys_follows_a_drawn_chain_as_boto3_does(
    number: int, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = generate_chains(SEED, number, bench.world)
    pair.write(tmp_path)
    plain = {profile: bench.boto3(pair, tmp_path, profile, monkeypatch) for profile in pair.roles}
    assert {profile: bench.awskeys(pair, tmp_path, profile) for profile in pair.roles} == plain
    files = bench.env(pair, tmp_path)
    bench.home.run("import", "--yes", env=files).done()
    try:
        assert {profile: bench.boto3(pair, tmp_path, profile, monkeypatch) for profile in pair.roles} == plain
        assert {profile: bench.awskeys(pair, tmp_path, profile) for profile in pair.roles} == plain
    finally:
        # In any case, or the next pair would meet a default profile of this one in the store.
        bench.home.run("import", "--undo", "--yes", env=files)
    bench.ends[pair.begins, plain[pair.roles[-1]].who is not None] += 1


def test_what_was_drawn(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    if bench.ends.total() < PAIRS:
        pytest.skip("only some of the pairs were run")
    followed = sum(count for (_, is_followed), count in bench.ends.items() if is_followed)
    with capsys.disabled():
        print(f"\nchains: {PAIRS}, of which boto3 could follow {followed}")
    assert {begins for begins, _ in bench.ends} == {begin.__name__ for begin in BEGINNINGS}
    drawn = [generate_chains(SEED, number, bench.world) for number in range(PAIRS)]
    assert {pair.depth for pair in drawn} == set(range(1, DEEPEST + 1))
    assert PAIRS / 3 < followed < PAIRS - PAIRS / 8


CHAIN = """[profile first]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = {source}
duration_seconds = 7200

[profile second]
role_arn = arn:aws:iam::123456789012:role/deep
source_profile = first
external_id = handshake-EXAMPLE
duration_seconds = 7200
"""


def test_a_role_that_is_assumed_with_a_role_s_session_is_asked_for_an_hour(make_home: MakeHome, stub: Stub) -> None:
    """boto3 asks for what the profile says, and STS refuses it."""
    roles = Roles.make(make_home, stub, CHAIN.format(source="dev"))
    assert roles.arn("second") == role_arn("deep", "awskeys-second")
    assert [call.parameters["DurationSeconds"] for call in stub.calls("AssumeRole")] == ["7200", "3600"]


def test_a_console_sign_in_is_the_aws_cli_s_business(make_home: MakeHome, stub: Stub, tmp_path: Path) -> None:
    login = "[profile console]\nlogin_session = arn:aws:iam::123456789012:user/ann\n\n"
    roles = Roles.make(make_home, stub, login + CHAIN.format(source="console"))
    given = roles.user.key()
    aws = tmp_path / "bin" / "aws"
    aws.parent.mkdir()
    document = json.dumps({"Version": 1, "AccessKeyId": given.id, "SecretAccessKey": given.secret})
    aws.write_text(f"#!/bin/sh\necho \"$@\" >> {tmp_path}/asked\necho '{document}'\n")
    aws.chmod(0o755)
    roles.home.env["PATH"] = f"{aws.parent}:{roles.home.env['PATH']}"
    assert roles.arn("second") == role_arn("deep", "awskeys-second")
    assert roles.arn("console") == roles.user.arn
    assert stub.calls("AssumeRole")[0].key_id == given.id
    asked = (tmp_path / "asked").read_text().splitlines()
    assert set(asked) == {"configure export-credentials --profile console --format process"}
    aws.write_text("#!/bin/sh\nexit 255\n")
    roles.home.run("sessions", "clear").done()
    roles.home.run("whoami", "second").failed(78, "only the AWS CLI", '"console"', "`aws login`")
