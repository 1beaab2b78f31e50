"""For each rule of `awskeys doctor` that is about the AWS files or the environment: a home that is ill, and a cure."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fake_keys import DEV, OTHER, PROD
from home import Home

ROLE = "role_arn = arn:aws:iam::123456789012:role/admin\n"
BOM = "\ufeff"
# Temporary keys have an id of their own kind.
TEMPORARY = DEV.lines().replace("AKIA", "ASIA") + "aws_session_token = EXAMPLEtoken\n"
Change = Callable[[Home], object]


@dataclass(frozen=True)
class Case:
    """What is wrong, in which file and line, and the same home when it isn't."""

    rule: str
    config: str = ""
    credentials: str = ""
    # Where it is found: `config:3`, `credentials`, or nothing.
    at: str = ""
    severity: str = "error"
    # The two files as they should be, where that is all that is wrong.
    healthy: tuple[str, str] = ("", "")
    env: dict[str, str] = field(default_factory=dict)
    # What else makes it ill, and well again.
    spoil: Change | None = None
    cure: Change | None = None
    # Whether `--fix` mends it by changing the files; SDKs are asked about that.
    is_fixed: bool = False
    name: str = ""

    def __str__(self) -> str:
        return self.rule + (f"-{self.name}" if self.name else "")

    def make(self, make_home: Callable[..., Home], *, ill: bool = True) -> Home:
        """The home with it, or without."""
        config, credentials = (self.config, self.credentials) if ill else self.healthy
        home = make_home("ill" if ill else "well", config=config, credentials=credentials)
        if ill:
            home.env.update(self.env)
        if change := self.spoil if ill else self.cure:
            change(home)
        return home


def program(name: str, mode: int = 0o755, *, above: int = 0o755) -> Change:
    """Puts a program into `bin` of a home, and that folder into PATH."""

    def put(home: Home) -> None:
        file = home.path / "bin" / name
        file.parent.mkdir()
        file.write_text("#!/bin/sh\necho '{}'\n")
        file.chmod(mode)
        file.parent.chmod(above)
        home.env["PATH"] = f"{file.parent}:{os.environ['PATH']}"
        for aws in (home.config, home.credentials):
            aws.write_text(aws.read_text().replace("BIN", str(file.parent)))

    return put


def folder_in_path(name: str) -> Change:
    """Puts a folder with a program's name into PATH."""

    def put(home: Home) -> None:
        (home.path / "bin" / name).mkdir(parents=True)
        home.env["PATH"] = f"{home.path / 'bin'}:{os.environ['PATH']}"

    return put


def copy(text: str, name: str = ".env") -> Change:
    """Puts a file into a home."""

    def put(home: Home) -> None:
        file = home.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    return put


def mode(name: str, bits: int) -> Change:
    """Gives a file below a home other permissions."""
    return lambda home: (home.path / name).chmod(bits)


def stranger(name: str) -> Change:
    """Gives a file below a home to somebody else."""
    return lambda home: os.chown(home.path / name, 12345, 12345)


def one_file(home: Home) -> None:
    """Lets both names lead to one file."""
    home.env["AWS_SHARED_CREDENTIALS_FILE"] = str(home.config)


def folder_for(name: str) -> Change:
    """Puts a folder into a file's place."""

    def put(home: Home) -> None:
        (home.path / name).unlink()
        (home.path / name).mkdir()

    return put


PLAIN = "[default]\nregion = eu-central-1\n"
LINE = "[profile dev]\ncredential_process = BIN/tool --for dev\n"
DOUBLE = f"[profile dev]\nregion = eu-west-1\n; why\n\n[profile web]\nregion = us-east-2\n[profile dev]\n{DEV.lines()}"
CASES = [
    Case("byte-order-mark", BOM + PLAIN, f"[dev]\n{DEV.lines()}", "config:1", is_fixed=True, healthy=(PLAIN, "")),
    Case("byte-order-mark", PLAIN, f"{BOM}[dev]\n{DEV.lines()}", "credentials:1", is_fixed=True, name="with-keys"),
    Case("not-text", "[default]\nregion = \0\n", "", "config:2", healthy=(PLAIN, "")),
    Case("carriage-return", "[default]\nregion = a\rb\n", "", "config:2", healthy=("[default]\r\nregion = a\r\n", "")),
    Case("duplicate-section", DOUBLE, "", "config:7", is_fixed=True, healthy=(PLAIN + LINE, "")),
    Case(
        "duplicate-section",
        PLAIN,
        f"[dev]\n{DEV.lines()}\n[web]\n{OTHER.lines()}\n[dev]\r\n# the same\r\n{DEV.lines()}"
        f"[dev]\nregion = eu-west-1",
        "credentials:9",
        is_fixed=True,
        name="with-one-key",
    ),
    Case("duplicate-section", PLAIN, f"[dev]\n{PROD.lines()}[dev]\n{DEV.lines()}", "credentials:4", name="of-two-keys"),
    Case("duplicate-section", "[profile a]\n[profile a] # of Bob\nregion = a\n", "", "config:2", name="with-a-note"),
    Case(
        "duplicate-section",
        f"[profile dev]\nregion = a # b\n[profile dev]\nregion = c\n{DEV.lines()}",
        "",
        "config:3",
        name="with-a-comment",
        healthy=("[DEFAULT]\nregion = a\n[DEFAULT]\noutput = json\n", ""),
    ),
    Case(
        "duplicate-setting",
        f"[profile dev]\nregion = eu-west-1\noutput = text\nregion  =  eu-west-1\n{DEV.lines()}",
        "",
        "config:4",
        is_fixed=True,
        healthy=("[profile dev]\nregion = a\n[profile web]\nregion = b\n", ""),
    ),
    Case(
        "duplicate-setting",
        PLAIN,
        f"[dev]\n{PROD.lines()}{PROD.lines()}",
        "credentials:4",
        is_fixed=True,
        name="one-key",
    ),
    Case("duplicate-setting", PLAIN, f"[dev]\n{PROD.lines()}{DEV.lines()}", "credentials:4", name="two-keys"),
    Case("duplicate-setting", "[profile dev]\nregion = a\nregion = b\n", "", "config:3", name="two-values"),
    Case("duplicate-setting", "[profile dev]\nregion = a\nRegion = b\n", "", "config:3", name="in-another-case"),
    Case("setting-before-section", f"region = a\n{PLAIN}", "", "config:1", healthy=(PLAIN, "")),
    Case("not-a-setting", f"{PLAIN}what is this\n", "", "config:3", healthy=(f"{PLAIN}# what is this\n", "")),
    Case(
        "value-below",
        f"{PLAIN}credential_process =\n  /bin/echo {{}}\n",
        "",
        "config:4",
        healthy=(f"{PLAIN}s3 =\n  max_queue_size = 9\n  # more\n", ""),
    ),
    Case(
        "value-below",
        "",
        "[dev]\naws_access_key_id = AKIAEXAMPLEEXAMPLE23\naws_secret_access_key =\n  EXAMPLE\n",
        "credentials:4",
        name="of-a-secret",
    ),
    Case("unreadable-file", PLAIN, "", "config", spoil=folder_for(".aws/config"), healthy=(PLAIN, "")),
    Case(
        "missing-file", PLAIN, "", "config", "warning", env={"AWS_CONFIG_FILE": "/nowhere/config"}, healthy=(PLAIN, "")
    ),
    Case("one-file", PLAIN, "", "config", spoil=one_file, healthy=(PLAIN, "")),
    Case(
        "file-mode", PLAIN, "", "credentials", "warning", spoil=mode(".aws/credentials", 0o640), healthy=(PLAIN, "")
    ),
    Case(
        "file-mode",
        PLAIN,
        "",
        "config",
        spoil=mode(".aws/config", 0o646),
        healthy=(PLAIN, ""),
        cure=mode(".aws/config", 0o644),
        name="of-config",
    ),
    Case("file-mode", f"{PLAIN}{DEV.lines()}", "", "config", "warning", spoil=mode(".aws/config", 0o644), name="keys"),
    Case("file-mode", PLAIN, "", "", spoil=mode(".aws", 0o777), healthy=(PLAIN, ""), name="of-the-folder"),
    Case(
        "unprefixed-section",
        f"[dev]\nregion = eu-west-1\n{DEV.lines()}",
        "",
        "config:1",
        "warning",
        is_fixed=True,
        healthy=(f"[profile dev]\n{DEV.lines()}[sso-session dev]\nsso_region = a\n[services dev]\n"
            "[toplevel]\n[endpoints]\nx = y\n", ""),
    ),
    Case(
        "unprefixed-section",
        "[default]\n[dev]  \r\nregion = eu-west-1",
        f"[dev]\n{DEV.lines()}",
        "config:2",
        "warning",
        is_fixed=True,
        name="with-keys-elsewhere",
    ),
    *(
        Case("unprefixed-section", f"[dev]\nregion = a\n[{other}]\n", "", "config:1", "warning", name=f"beside-{name}")
        for name, other in [
            ("the-right-one", "profile dev"),
            ("quotes", 'profile "dev"'),
            ("spaces", "profile  dev"),
            ("a-tab", "profile\tdev"),
        ]
    ),
    Case(
        "unprefixed-section",
        f"[dev]\n{ROLE}source_profile = web\n",
        f"[dev]\n{DEV.lines()}[web]\n{OTHER.lines()}",
        "config:1",
        "warning",
        name="that-would-win",
    ),
    Case("odd-section", "", f"[profile dev]\n{DEV.lines()}", "credentials:1", "warning", healthy=("", "[dev]\n")),
    Case("odd-section", "[ profile dev ]\n", "", "config:1", "warning", name="spaces"),
    Case(
        "two-defaults",
        f"[default]\nregion = eu-west-1\n{DEV.lines()}[profile default]\n{DEV.lines()}region = eu-west-1\n",
        "",
        "config:5",
        "warning",
        is_fixed=True,
        healthy=("[profile default]\nregion = a\n", ""),
    ),
    Case(
        "two-defaults",
        "[default]\nregion = a\n[profile default]\nregion = b\n",
        "",
        "config:3",
        "warning",
        name="that-differ",
    ),
    *(
        Case("two-defaults", f"[default]\nregion = a\n{plain}[profile default]{prefixed}", "", at, "warning", name=name)
        for name, plain, prefixed, at in [
            ("with-one-setting-twice", "region = a\n", "\nregion = a\noutput = json\n", "config:4"),
            ("with-more-in-one", "output = json\n", "\nregion = a\n", "config:4"),
            ("with-a-note", "", "\n# of the team\nregion = a\n", "config:3"),
            ("with-a-last-note", "output = json\n", "\nregion = a\noutput = json\n  # of the team\n", "config:4"),
            ("with-a-note-behind", "", " # owner: Bob\nregion = a\n", "config:3"),
        ]
    ),
    Case("default-inheritance", "[DEFAULT]\nregion = a\n", "", "config:1", "warning", healthy=(PLAIN, "")),
    Case("default-inheritance", "", f"[DEFAULT]\n{DEV.lines()}", "credentials:1", name="of-keys"),
    Case(
        "inline-comment",
        "[profile dev]\nregion = eu-west-1 # near\noutput = json ; for tools",
        f"[dev]\n{DEV.lines()[:-1]} # of the team\n",
        "config:2",
        "warning",
        is_fixed=True,
        healthy=(
            "[profile dev]\n# near\nregion = eu-west-1\noutput = js#on;\ndescription = careful # really\n"
            "credential_process = /bin/sh -c \"printf 'a; b' # x\"\n",
            "",
        ),
    ),
    Case("inline-comment", "[profile dev]\ncli_pager = less -R # paged\n", "", "config:2", "warning", name="of-words"),
    Case("plain-keys", "", f"[dev]\n{DEV.lines()}", "credentials:2", "warning", healthy=("", f"[dev]\n{TEMPORARY}")),
    Case("default-keys", "", f"[default]\n{DEV.lines()}", "credentials:2", "note", healthy=("", f"[x]\n{DEV.lines()}")),
    Case(
        "half-key", "", f"[dev]\naws_access_key_id = {DEV.id}\n", "credentials:2", healthy=("", f"[dev]\n{DEV.lines()}")
    ),
    Case("half-key", "", f"[dev]\naws_access_key_id =\naws_secret_access_key = {DEV.secret}\n", "credentials:2"),
    Case("half-key", "", "[dev]\naws_session_token = EXAMPLE\n", "credentials:2", name="a-token"),
    Case(
        "expired-token",
        PLAIN,
        f"[dev]\n{TEMPORARY}x_security_token_expires = 2020-01-02T00:47:31+02:00\n",
        "credentials:4",
        "warning",
        is_fixed=True,
        healthy=("", f"[dev]\n{TEMPORARY}x_security_token_expires = 2999-01-02T00:47:31Z\n"),
    ),
    Case(
        "expired-token",
        PLAIN,
        f"[dev]\nexpiration = 2020-01-02 00:47:31\n{TEMPORARY}",
        "credentials:5",
        "warning",
        is_fixed=True,
        name="without-a-zone",
    ),
    Case(
        "expired-token",
        PLAIN,
        f"[dev]\n{TEMPORARY.replace('ASIA', 'AKIA')}aws_expiration = 2020-01-02T00:47:31Z\n",
        "credentials:4",
        "warning",
        name="of-a-key-that-may-be-somebodys",
    ),
    Case("key-in-comment", "", f"# {DEV.lines()}", "credentials:1", "warning", healthy=("", "# the keys\n")),
    Case(
        "other-copy",
        "",
        f"[dev]\n{DEV.lines()}",
        "",
        "warning",
        spoil=copy(f"export KEY={DEV.secret}\n"),
        healthy=("", f"[dev]\n{DEV.lines()}"),
        cure=copy(f"export KEY={PROD.secret}\n"),
    ),
    Case("cli-cache", severity="note", spoil=copy("", ".aws/cli/cache/a.json"), cure=copy("", ".aws/sso/cache/a.json")),
    Case(
        "keys-in-environment",
        PLAIN,
        "[dev]\n",
        "",
        "warning",
        env={"AWS_ACCESS_KEY_ID": DEV.id, "AWS_SECRET_ACCESS_KEY": DEV.secret, "AWS_PROFILE": "dev"},
    ),
    Case("half-key-in-environment", env={"AWS_SECRET_ACCESS_KEY": DEV.secret}),
    Case(
        "two-profile-variables",
        PLAIN,
        "[dev]\n",
        "",
        "warning",
        env={"AWS_PROFILE": "dev", "AWS_DEFAULT_PROFILE": "default"},
    ),
    Case("unknown-profile", PLAIN, "[dev]\n", env={"AWS_PROFILE": "prod"}),
    Case(
        "role-cycle",
        f"[profile a]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = a\n",
        "",
        "config:3",
        healthy=(f"[profile a]\n{ROLE}source_profile = b\n[profile b]\n{DEV.lines()}", ""),
    ),
    Case(
        "missing-source",
        f"[profile a]\n{ROLE}source_profile = b\n",
        "[c]\n",
        "config:3",
        healthy=(f"[profile a]\n{ROLE}source_profile = b\n", f"[b]\n{DEV.lines()}"),
    ),
    Case("role-settings", f"[profile a]\n{ROLE}", "", "config:1", healthy=("[profile a]\nmfa_serial = x\n", "")),
    Case(
        "source-without-credentials",
        f"[profile a]\n{ROLE}source_profile = b\n[profile b]\nregion = a\n",
        "",
        "config:3",
        healthy=(f"[profile a]\n{ROLE}source_profile = a\n{DEV.lines()}", ""),
    ),
    Case(
        "source-without-credentials",
        f"[profile a]\n{ROLE}source_profile = b\n[profile b]\nregion = a\n",
        "",
        "config:3",
        "note",
        spoil=program("aws-vault"),
        name="but-in-aws-vault",
    ),
    Case(
        "role-and-process",
        f"{LINE}{ROLE}",
        "",
        "config:2",
        spoil=program("tool"),
        healthy=(LINE, ""),
        cure=program("tool"),
    ),
    Case(
        "relative-program",
        "[profile dev]\ncredential_process = tool --for dev\n",
        "",
        "config:2",
        "warning",
        spoil=program("tool"),
        is_fixed=True,
        healthy=(LINE, ""),
        cure=program("tool"),
    ),
    Case(
        "relative-program",
        "[profile dev]\ncredential_process = tool --for dev\n",
        "",
        "config:2",
        "warning",
        spoil=folder_in_path("tool"),
        name="beside-a-folder-of-its-name",
    ),
    Case("relative-program", "[profile dev]\ncredential_process = ./tool\n", "", "config:2", "warning", name="dot"),
    Case(
        "missing-program",
        "[profile dev]\ncredential_process = /nowhere/tool x\n",
        "",
        "config:2",
        healthy=(LINE, ""),
        cure=program("tool"),
    ),
    Case(
        "missing-program",
        "[profile dev]\ncredential_process = /nowhere/awskeys-credential-process dev\n",
        "",
        "config:2",
        is_fixed=True,
        name="moved",
    ),
    Case(
        "not-executable", LINE, "", "config:2", spoil=program("tool", 0o644), healthy=(LINE, ""), cure=program("tool")
    ),
    Case(
        "writable-program", LINE, "", "config:2", spoil=program("tool", 0o757), healthy=(LINE, ""), cure=program("tool")
    ),
    Case("writable-program", LINE, "", "config:2", spoil=program("tool", above=0o777), name="by-its-folder"),
    Case(
        "self-recursion",
        "[profile dev]\ncredential_process = BIN/aws configure export-credentials --profile dev\n",
        "",
        "config:2",
        spoil=program("aws"),
        healthy=("[profile dev]\ncredential_process = BIN/aws configure export-credentials --profile web\n", ""),
        cure=program("aws"),
    ),
    Case(
        "self-recursion",
        "[profile dev]\ncredential_process = BIN/awskeys export dev\n",
        "",
        "config:2",
        spoil=program("awskeys"),
        name="by-awskeys",
    ),
    Case(
        "not-in-store",
        "[profile dev]\ncredential_process = BIN/awskeys-credential-process dev\n",
        "",
        "config:2",
        spoil=program("awskeys-credential-process"),
        healthy=(f"[profile dev]\n{DEV.lines()}", ""),
        cure=lambda home: home.import_all(),
    ),
]
if os.geteuid() == 0:
    CASES.append(
        Case("foreign-file", PLAIN, "", "config", spoil=stranger(".aws/config"), healthy=(PLAIN, ""))
    )


def place(file: str | None, line: int | None) -> str:
    """Where something was found, as a case says it."""
    return (Path(file).name if file else "") + (f":{line}" if line else "")
