"""`awskeys explain`: what it says an SDK would use is what the SDK uses."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import resolve_rclone
from conftest import IS_TORTURE, SEED, MakeHome
from fake_keys import DOCUMENTED, OTHER
from generate_situations import KINDS, ROLE, Situation, generate_situation
from home import Home
from oracles import HERE, Oracle, Oracles
from programs import Result
from signing_server import SigningServer

ROUNDS = 12 if IS_TORTURE else 3
NUMBERS = range(ROUNDS * len(KINDS))
PROGRAM = """#!/bin/sh
printf '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"EXAMPLE-secret"}' "$1"
"""


@dataclass
class Bench:
    """What situations are put to."""

    home: Home
    sdks: Oracles
    server: SigningServer
    program: Path
    token: Path
    # AWS CLI v2, where there is one.
    cli2: Oracle | None
    counts: Counter[str] = field(default_factory=Counter)

    def explained(self, situation: Situation, config: Path, credentials: Path) -> dict[str, str]:
        """Gives the id that awskeys expects each family to sign with, or `none`."""
        files = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
        named = [situation.named] if situation.named else []
        said = self.home.run("explain", *named, "--json", env=files | situation.env)
        if said.status == 66:
            # It is known nowhere: only keys that have nothing to do with it could be used.
            assert situation.kind == "no_such_profile" and "there is no profile" in said.stderr, said
            return {}
        assert said.status in (0, 1, 78), said
        document = json.loads(said.stdout)
        found = {each["family"]: expected_id(each["credentials"], situation) for each in document["families"]}
        usable = any(is_usable(each["credentials"]) for each in document["families"])
        assert said.status == (0 if document["agree"] else 1) if usable else 78, said
        return found

    def used(
        self, situation: Situation, config: Path, credentials: Path, said: dict[str, str]
    ) -> dict[str, str]:
        """Gives the id that each SDK signs with, or `none`."""
        named: list[Any] = [situation.named]
        boto3 = self.sdks.boto3.resolve(config, credentials, named, situation.env)
        ruby = self.sdks.ruby.resolve(config, credentials, named, situation.env)
        go = resolve_rclone.resolve(
            self.server, self.home.path, config, credentials, situation.named, situation.env, by_variable=False
        )
        ids = {
            "boto3": python_id(boto3, situation),
            "ruby": ruby[situation.named or ""].get("id", "").strip() or "none",
            "go-v2": go,
        }
        # A role would be asked of AWS.
        if self.cli2 and not said.get("aws-cli-v2", "").startswith("ASSUMED-BY-"):
            answer = self.cli2.resolve(config, credentials, named, situation.env)
            ids["aws-cli-v2"] = python_id(answer, situation)
        return ids


def python_id(answer: dict[str, Any], situation: Situation) -> str:
    """Gives the id in an answer of a botocore's."""
    return "none" if "parse" in answer else answer[situation.named or "null"].get("id") or "none"


def is_usable(step: dict[str, Any]) -> bool:
    """Says whether there are credentials, and both halves of them."""
    if "source" in step:
        return is_usable(step["source"])
    return step["kind"] not in ("nothing", "error") and not step.get("empty")


def line_at(place: str) -> str:
    """Gives the line that `path:line` names, or the name of a variable."""
    path, _, number = place.rpartition(":")
    return Path(path).read_bytes().decode("utf-8-sig").splitlines()[int(number) - 1] if path else place


def expected_id(step: dict[str, Any], situation: Situation) -> str:
    """Gives the id that credentials sign with, and asserts that they stand where they are said to."""
    lines = [line_at(place) for place in step["places"]]
    match step["kind"]:
        case "key":
            id_line = situation.env.get(lines[0], lines[0])
            assert step.get("access_key_id", "") in id_line, step
            # What stands around the id is sent along.
            value = id_line.partition("=")[2].strip() if step["has_more"] else step["access_key_id"]
            return value or "none"
        case "process":
            assert lines[0].lower().startswith("credential_process"), step
            return lines[0].split()[-1]
        case "role":
            assert step["role_arn"] in lines[0], step
            return "ASSUMED-BY-" + expected_id(step["source"], situation)
        case "web-identity":
            assert step["role_arn"] in situation.env.get(lines[0], lines[0]), step
            return "ASSUMED-BY-anonymous"
        case kind:
            assert kind in ("nothing", "error"), step
            assert ("message" in step) == (kind == "error")
            return "none"


@pytest.fixture(scope="module")
def bench(
    built: Path, sdks: Oracles, server: SigningServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """A home without anything, a program that prints a key, and the SDKs."""
    folder = tmp_path_factory.mktemp("explain")
    program, token = folder / "print-key", folder / "token"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    token.write_text("EXAMPLE.token.of-a-provider")
    home = Home.make(folder / "home", config=None, credentials=None, passphrase=False)
    has_cli2 = Path("/usr/lib/python3/dist-packages/awscli/botocore").is_dir()
    command = ["/usr/bin/python3", str(HERE / "resolve_cli2.py")]
    cli2 = Oracle("AWS CLI v2", command, home.path, server.url) if has_cli2 else None
    yield Bench(home, sdks, server, program, token, cli2)
    if cli2:
        cli2.close()


@pytest.mark.timeout(900)
def test_what_is_named_is_what_the_sdks_use(bench: Bench, tmp_path: Path) -> None:
    wrong = []
    for number in NUMBERS:
        situation = generate_situation(SEED, number, bench.program, bench.token)
        folder = tmp_path / str(number)
        folder.mkdir()
        config, credentials = situation.write(folder)
        said = bench.explained(situation, config, credentials)
        used = bench.used(situation, config, credentials, said)
        for family, found in used.items():
            bench.counts[f"{family}: {'credentials' if found != 'none' else 'none'}"] += 1
            if said and said[family] != found:
                named = situation.named or "by environment"
                wrong.append(f"{number} {situation.kind} ({named}), {family}: {said[family]} said, {found} used")
        bench.counts["situations"] += 1
        bench.counts["unlike each other"] += len(set(used.values())) > 1
    print(dict(bench.counts))
    assert bench.counts["unlike each other"] > len(NUMBERS) / 4
    assert not wrong, f"{len(wrong)} wrong\n" + "\n".join(wrong)


def test_a_healthy_profile_is_two_lines(imported: Home) -> None:
    said = imported.run("explain", "dev").done().stdout
    line = 1 + imported.config.read_text().splitlines().index(f"credential_process = {imported.helper} dev")
    assert said == f'"dev", as with --profile\nevery SDK: asks awskeys for "dev" (~/.aws/config:{line})\n'


def test_roles_are_a_tree_down_to_the_key(make_home: MakeHome) -> None:
    config = (
        f"[profile deep]\nrole_arn = {ROLE}deep\nsource_profile = admin\n"
        f"[profile admin]\nrole_arn = {ROLE}admin\nsource_profile = dev\n"
    )
    home = make_home(config=config, credentials=f"[dev]\n{DOCUMENTED.lines()}", passphrase=False)
    assert home.run("explain", "deep").done().stdout.splitlines() == [
        '"deep", as with --profile',
        f'every SDK: role {ROLE}deep of "deep" (~/.aws/config:2)',
        f'  └─ role {ROLE}admin of "admin" (~/.aws/config:5)',
        '     └─ key AKIA…MPLE of "dev" (~/.aws/credentials:2)',
    ]


def test_a_program_in_quotation_marks_is_still_awskeys(make_home: MakeHome) -> None:
    config = '[profile dev]\ncredential_process = "/opt/our tools/awskeys-credential-process" dev\n'
    home = make_home(config=config, credentials=None, passphrase=False)
    assert 'asks awskeys for "dev" (~/.aws/config:2)' in home.run("explain", "dev").stdout


def test_what_an_adopted_role_answers_with_is_said_too(make_home: MakeHome) -> None:
    program = "/usr/local/bin/awskeys-credential-process"
    config = (
        f"[profile dev]\ncredential_process = {program} dev\n[profile admin]\nawskeys_role_arn = {ROLE}admin\n"
        f"awskeys_source_profile = dev\ncredential_process = {program} admin\n"
    )
    home = make_home(config=config, credentials=None, passphrase=False)
    assert home.run("explain", "admin").done().stdout.splitlines() == [
        '"admin", as with --profile',
        'every SDK: asks awskeys for "admin" (~/.aws/config:6)',
        f'  └─ awskeys: role {ROLE}admin of "admin"',
        '     └─ awskeys: key of "dev" in the store',
    ]
    document = json.loads(home.run("explain", "admin", "--json").done().stdout)
    assert document["awskeys"] == {"admin": {"roles": [{"profile": "admin", "role_arn": f"{ROLE}admin"}]}}


def test_where_sdks_differ_it_says_which_and_what_they_pass_over(make_home: MakeHome) -> None:
    home = make_home(
        config="[profile x]\ncredential_process = /opt/tool --token hidden\n",
        credentials=f"[x]\n{DOCUMENTED.lines()}",
        passphrase=False,
    )
    said = home.run("explain", "x")
    assert (said.status, said.stderr) == (1, "")
    assert said.stdout.splitlines() == [
        '"x", as with --profile',
        'every SDK but Java, Rust and .NET: key AKIA…MPLE of "x" (~/.aws/credentials:2)',
        "  rather than ~/.aws/config:2",
        "Java and Rust: what a program prints: /opt/tool (~/.aws/config:2) (as documented)",
        "  rather than ~/.aws/credentials:2",
        '.NET: an error: "x" has more than one kind of credentials (as documented)',
    ]
    assert "hidden" not in home.run("explain", "x", "--json").stdout


def test_environment_keys_win_over_a_variable_and_not_over_the_program(home: Home) -> None:
    env = {"AWS_ACCESS_KEY_ID": OTHER.id, "AWS_SECRET_ACCESS_KEY": OTHER.secret}
    named = home.run("explain", "dev", env=env).done().stdout
    assert "every SDK: key" in named and "rather than AWS_ACCESS_KEY_ID" in named
    assert "with AWS_PROFILE=dev instead, AWS_ACCESS_KEY_ID wins in every SDK but JavaScript and .NET" in named
    said = home.run("explain", env=env | {"AWS_PROFILE": "dev"})
    assert said.status == 1 and said.stdout.startswith('"dev", named by AWS_PROFILE\nevery SDK but JavaScript and .NET')
    assert "of the environment (AWS_ACCESS_KEY_ID)" in said.stdout


def test_variables_that_name_two_profiles_are_told_apart(home: Home) -> None:
    said = home.run("explain", env={"AWS_PROFILE": "dev", "AWS_DEFAULT_PROFILE": "prod"})
    assert said.status == 1
    first, *rest = said.stdout.splitlines()
    assert first == 'the profile that the environment names: "dev" or "prod"'
    assert [line.partition(":")[0] for line in rest] == ["boto3, AWS CLI v1", "every SDK but boto3, AWS CLI v1"]


def test_a_file_that_some_cannot_read_is_said_for_each(make_home: MakeHome) -> None:
    twice = f"[dev]\n{DOCUMENTED.lines()}[dev]\nregion = eu-central-1\n"
    home = make_home(config=None, credentials=twice, passphrase=False)
    said = home.run("explain", "dev")
    assert said.status == 1
    problem = "an error: cannot read ~/.aws/credentials:4: section [dev] stands twice (first on line 1)"
    assert f"boto3, AWS CLI v1 and AWS CLI v2: {problem}" in said.stdout.splitlines()
    documents = json.loads(home.run("explain", "dev", "--json").stdout)["families"]
    kinds = {each["family"]: each["credentials"]["kind"] for each in documents}
    assert kinds["boto3"] == kinds["aws-cli-v2"] == "error" and kinds["ruby"] == kinds["crt"] == "key"


def test_it_changes_nothing_and_unlocks_nothing(locked: Home) -> None:
    before = locked.files()
    locked.run("explain", "dev").done()
    locked.run("explain", "admin", "--json")
    assert locked.files() == before


def test_a_profile_that_is_nowhere_and_one_without_credentials(home: Home) -> None:
    nobody = home.run("explain", "nobody")
    nobody.failed(66)
    assert nobody.stderr.splitlines()[0] == 'awskeys: there is no profile "nobody" in the AWS files'
    absent = str(home.path / "absent")
    empty = home.run("explain", env={"AWS_CONFIG_FILE": absent, "AWS_SHARED_CREDENTIALS_FILE": absent})
    assert empty.status == 78
    assert empty.stdout == (
        '"default", since nothing names a profile\nevery SDK: nothing, but for what a machine of AWS\'s has\n'
    )
    home.run("explain", "dev", env={"AWS_CONFIG_FILE": str(home.path)}).failed(74, hint=False)


def test_a_value_below_its_name_is_no_file_to_python(make_home: MakeHome, sdks: Oracles) -> None:
    half = f"aws_access_key_id = {DOCUMENTED.id}\naws_secret_access_key =\n  {DOCUMENTED.secret}\n"
    home = make_home(config="[profile dev]\nregion = x\n", credentials=f"[other]\n{OTHER.lines()}[dev]\n{half}")
    said = home.run("explain", "other")
    problem = 'cannot read ~/.aws/credentials:7: the value of "aws_secret_access_key" stands below its name'
    assert said.status == 1 and f"boto3, AWS CLI v1 and AWS CLI v2: an error: {problem}" in said.stdout.splitlines()
    assert DOCUMENTED.secret not in said.stdout
    found = sdks.boto3.resolve(home.config, home.credentials, ["other"], {})
    assert "parse" in found, found


@pytest.mark.parametrize("is_circle", [False, True])
def test_roles_without_end_are_not_followed_for_ever(make_home: MakeHome, is_circle: bool) -> None:
    count = 2000
    sections = (
        f"[profile p{each}]\nrole_arn = {ROLE}{each}\nsource_profile = p{(each + 1) % count}\n"
        for each in range(count if is_circle else count - 1)
    )
    last = "" if is_circle else f"[profile p{count - 1}]\n{DOCUMENTED.lines()}"
    home = make_home(config="".join(sections) + last, credentials=None, passphrase=False)
    said = home.run("explain", "p0")
    assert said.status == 78 and "too many to be followed" in said.stdout, said
    # A few are.
    assert home.run("explain", f"p{count - 5}").status == (78 if is_circle else 0)


def test_nothing_that_it_shows_is_for_the_terminal_to_act_on(make_home: MakeHome) -> None:
    name = "x\x1b]0;owned\x07\u202e"
    config = f"[profile {name}]\nrole_arn = {ROLE}\x1b[2J\nsource_profile = n\x1b[31m\n[profile n\x1b[31m]\n"
    home = make_home(config=config + "credential_process = /bin/\x1b[5mx y\n", credentials=None, passphrase=False)
    for words in (["explain", name], ["explain", "no\x1b[31m"], ["doctor"], ["list"]):
        said = home.run(*words)
        assert said.stdout + said.stderr != ""
        assert not {"\x1b", "\x07", "\u202e"} & set(said.stdout + said.stderr), said
    assert f'role {ROLE}?[2J of "x?]0;owned??"' in home.run("explain", name).stdout


@pytest.mark.parametrize("is_link", [False, True])
def test_a_hidden_file_is_none(make_home: MakeHome, tmp_path: Path, is_link: bool) -> None:
    home = make_home(config="[broken", credentials=f"[default]\n{DOCUMENTED.lines()}")
    hidden = "/dev/null"
    if is_link:
        hidden = str(tmp_path / "nothing")
        Path(hidden).symlink_to("/dev/null")
    env = {"AWS_CONFIG_FILE": hidden}
    assert 'key AKIA…MPLE of "default" (~/.aws/credentials:2)' in home.run("explain", env=env).done().stdout
    both = env | {"AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    assert home.run("doctor", env=both) == Result(0, "", "")
    assert "nothing" in home.run("explain", env=both).stdout
    home.run("import", "--yes", env=both).done()
    before = home.files()
    home.run("import", "--yes", env=env).failed(78, "hidden by the environment", after_plan=True)
    assert {path: data for path, data in home.files().items() if ".aws" in str(path)} == {
        path: data for path, data in before.items() if ".aws" in str(path)
    }
    template = tmp_path / "template"
    template.write_text("[template t]\nsource_profile = x\n[accounts]\na = 123456789012\n[roles]\nr = R\n")
    home.run("profiles", "apply", str(template), "--yes", env=env).failed(78, "hidden", after_plan=True)
    assert Path("/dev/null").is_char_device()
