"""Draws situations in which SDKs look for credentials: two files, an environment, and who names the profile.

A situation is a function of the seed and its number. Each has one thing about it from `KINDS`, and every kind is met.
Every key and every program's key is another one, so that an id says where an SDK has found it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fake_keys import Key, fake_key

ROLE = "arn:aws:iam::123456789012:role/"


@dataclass
class Situation:
    """What an SDK finds: files as bytes, or none, variables, and the profile that the program names, if it does."""

    number: int
    kind: str
    config: bytes
    credentials: bytes
    env: dict[str, str]
    named: str | None

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Writes both files; gives their paths."""
        paths = folder / "config", folder / "credentials"
        for path, content in zip(paths, (self.config, self.credentials)):
            path.write_bytes(content)
            path.chmod(0o600)
        return paths


@dataclass
class Draft:
    """A situation while it is drawn; `name` is the profile that it is about."""

    source: random.Random
    name: str
    program: Path
    token: Path
    config: list[str] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)

    def key(self) -> Key:
        """Draws a key."""
        return fake_key(self.source)

    def key_lines(self) -> list[str]:
        """Draws the two lines of a key, in either order."""
        lines = self.key().lines().splitlines()
        return lines if self.source.random() < 0.7 else lines[::-1]

    def process(self) -> str:
        """Draws a line with a program that prints a key."""
        return f"credential_process = {self.program} {self.key().id}"

    def header(self, name: str | None = None) -> str:
        """Writes a header of config."""
        name = name or self.name
        return "[default]" if name == "default" else f"[profile {name}]"

    def in_config(self, *lines: str, name: str | None = None) -> None:
        """Adds a section to config."""
        self.config += [self.header(name), *lines, ""]

    def in_credentials(self, *lines: str, name: str | None = None) -> None:
        """Adds a section to credentials."""
        self.credentials += [f"[{name or self.name}]", *lines, ""]

    def in_either(self, *lines: str, name: str | None = None) -> None:
        """Adds a section to one of the two."""
        self.source.choice([self.in_config, self.in_credentials])(*lines, name=name)

    def chance(self, probability: float) -> bool:
        """Says yes as often as asked."""
        return self.source.random() < probability

    def role(self, *lines: str, name: str | None = None, mostly_config: bool = True) -> None:
        """Adds a role."""
        lines = (f"role_arn = {ROLE}{name or self.name}", *lines)
        add = self.in_config if not mostly_config or self.chance(0.85) else self.in_credentials
        add(*lines, name=name)


Kind = Callable[[Draft], None]


def keys_in_credentials(draft: Draft) -> None:
    draft.in_credentials(*draft.key_lines())
    if draft.chance(0.5):
        draft.in_config("region = eu-central-1")


def keys_in_config(draft: Draft) -> None:
    draft.in_config("region = eu-central-1", *draft.key_lines())


def keys_in_both(draft: Draft) -> None:
    draft.in_credentials(*draft.key_lines())
    draft.in_config(*draft.key_lines())


def temporary_keys(draft: Draft) -> None:
    draft.in_either(*draft.key_lines(), "aws_session_token = EXAMPLE-token")


def keys_and_process(draft: Draft) -> None:
    draft.in_credentials(*draft.key_lines())
    draft.in_config(draft.process())


def keys_and_process_in_config(draft: Draft) -> None:
    draft.in_config(*draft.key_lines(), draft.process())


def keys_and_process_in_credentials(draft: Draft) -> None:
    draft.in_credentials(draft.process(), *draft.key_lines())


def keys_in_config_process_in_credentials(draft: Draft) -> None:
    draft.in_credentials(draft.process())
    draft.in_config(*draft.key_lines())


def process(draft: Draft) -> None:
    draft.in_either(draft.process())


def process_in_both(draft: Draft) -> None:
    draft.in_config(draft.process())
    draft.in_credentials(draft.process())


def id_only(draft: Draft) -> None:
    draft.in_either(f"aws_access_key_id = {draft.key().id}")
    if draft.chance(0.5):
        draft.in_config(draft.process()) if not draft.config else draft.in_credentials(draft.process())


def secret_only(draft: Draft) -> None:
    draft.in_either(f"aws_secret_access_key = {draft.key().secret}")
    if draft.chance(0.5):
        draft.in_config(draft.process()) if not draft.config else draft.in_credentials(draft.process())


def split_key(draft: Draft) -> None:
    lines = draft.key_lines()
    draft.in_credentials(lines[0])
    draft.in_config(lines[1])


def half_and_whole_key(draft: Draft) -> None:
    draft.source.choice([draft.in_credentials, draft.in_config])(draft.key_lines()[0])
    (draft.in_config if not draft.config else draft.in_credentials)(*draft.key_lines())


def empty_key(draft: Draft) -> None:
    draft.in_either("aws_access_key_id =", "aws_secret_access_key =")


def empty_secret(draft: Draft) -> None:
    draft.in_either(f"aws_access_key_id = {draft.key().id}", "aws_secret_access_key =")


def settings_only(draft: Draft) -> None:
    draft.in_config("region = eu-central-1", "s3 =", "  max_concurrent_requests = 20")


def no_such_profile(draft: Draft) -> None:
    draft.in_credentials(*draft.key_lines(), name="somebody")


def role_on_keys(draft: Draft) -> None:
    draft.role("source_profile = base")
    draft.in_either(*draft.key_lines(), name="base")


def role_on_roles(draft: Draft) -> None:
    draft.role("source_profile = middle")
    draft.role("source_profile = base", name="middle")
    draft.in_either(*draft.key_lines(), name="base")


def role_on_process(draft: Draft) -> None:
    draft.role("source_profile = base")
    draft.in_either(draft.process(), name="base")


def role_on_key_with_role(draft: Draft) -> None:
    draft.role("source_profile = base")
    draft.in_credentials(*draft.key_lines(), name="base")
    draft.in_config(f"role_arn = {ROLE}base", "source_profile = base", name="base")


def role_on_own_keys(draft: Draft) -> None:
    draft.in_config(f"role_arn = {ROLE}own", f"source_profile = {draft.name}")
    draft.in_credentials(*draft.key_lines())


def role_on_itself(draft: Draft) -> None:
    draft.role(f"source_profile = {draft.name}")


def cycle(draft: Draft) -> None:
    draft.role("source_profile = middle")
    draft.role(f"source_profile = {draft.name}", name="middle")


def cycle_with_keys(draft: Draft) -> None:
    draft.in_config(f"role_arn = {ROLE}first", "source_profile = middle")
    draft.in_config(f"role_arn = {ROLE}middle", f"source_profile = {draft.name}", name="middle")
    draft.in_credentials(*draft.key_lines())


def long_cycle(draft: Draft) -> None:
    draft.role("source_profile = one")
    draft.role("source_profile = two", name="one")
    draft.role("source_profile = one", name="two")


def missing_source(draft: Draft) -> None:
    draft.role("source_profile = nobody")


def empty_source(draft: Draft) -> None:
    draft.role("source_profile = base")
    draft.in_config("region = eu-central-1", name="base")


def half_source(draft: Draft) -> None:
    draft.role("source_profile = base")
    draft.in_either(draft.key_lines()[0], name="base")


def two_sources(draft: Draft) -> None:
    draft.role("source_profile = base", "credential_source = Environment")
    draft.in_credentials(*draft.key_lines(), name="base")


def role_without_source(draft: Draft) -> None:
    draft.role()


def role_and_keys(draft: Draft) -> None:
    draft.in_config(f"role_arn = {ROLE}beside")
    draft.in_credentials(*draft.key_lines())


def role_and_process(draft: Draft) -> None:
    draft.in_config(f"role_arn = {ROLE}beside", draft.process())


def role_source_and_process(draft: Draft) -> None:
    draft.in_config(f"role_arn = {ROLE}beside", draft.process(), "source_profile = base")
    draft.in_credentials(*draft.key_lines(), name="base")


def source_without_role(draft: Draft) -> None:
    draft.in_config("source_profile = base")
    draft.in_credentials(*draft.key_lines(), name="base")
    if draft.chance(0.5):
        draft.in_credentials(*draft.key_lines())


def split_role(draft: Draft) -> None:
    lines = [f"role_arn = {ROLE}split", "source_profile = base"]
    draft.source.shuffle(lines)
    draft.in_config(lines[0])
    draft.in_credentials(lines[1])
    draft.in_credentials(*draft.key_lines(), name="base")


def role_of_environment(draft: Draft) -> None:
    draft.role("credential_source = Environment")


def role_of_nowhere(draft: Draft) -> None:
    draft.role("credential_source = Nowhere")


def role_with_device(draft: Draft) -> None:
    draft.role("source_profile = base", "mfa_serial = arn:aws:iam::123456789012:mfa/ann")
    draft.in_credentials(*draft.key_lines(), name="base")


def web_identity(draft: Draft) -> None:
    draft.in_either(f"role_arn = {ROLE}web", f"web_identity_token_file = {draft.token}")


def web_identity_and_keys(draft: Draft) -> None:
    draft.in_config(f"role_arn = {ROLE}web", f"web_identity_token_file = {draft.token}")
    draft.in_credentials(*draft.key_lines())


def role_on_web_identity(draft: Draft) -> None:
    draft.role("source_profile = base", mostly_config=False)
    draft.in_config(f"role_arn = {ROLE}web", f"web_identity_token_file = {draft.token}", name="base")


def token_without_role(draft: Draft) -> None:
    draft.in_config(f"web_identity_token_file = {draft.token}")


def comment_behind_key(draft: Draft) -> None:
    draft.in_either(*(f"{line} {draft.source.choice('#;')} old" for line in draft.key_lines()))


def comment_behind_id(draft: Draft) -> None:
    key = draft.key()
    mark = draft.source.choice("#;")
    draft.in_either(f"aws_access_key_id = {key.id} {mark} old", f"aws_secret_access_key = {key.secret}")


def comment_behind_source(draft: Draft) -> None:
    draft.role(f"source_profile = base {draft.source.choice('#;')} the team's")
    draft.in_credentials(*draft.key_lines(), name="base")


def unprefixed(draft: Draft) -> None:
    draft.config += [f"[{draft.name}]", *draft.key_lines()]


def prefixed_in_credentials(draft: Draft) -> None:
    draft.credentials += [f"[profile {draft.name}]", *draft.key_lines()]


def spaced_header(draft: Draft) -> None:
    draft.config += [f"[ profile {draft.name} ]", *draft.key_lines()]


def two_defaults(draft: Draft) -> None:
    headers = ["[default]", "[profile default]"]
    draft.source.shuffle(headers)
    for header in headers:
        draft.config += [header, *draft.key_lines()]
    draft.env = {}
    draft.name = "default"


def duplicate_section(draft: Draft) -> None:
    draft.in_either(*draft.key_lines())
    (draft.in_config if draft.config else draft.in_credentials)(*draft.key_lines())


def duplicate_setting(draft: Draft) -> None:
    draft.in_either(*draft.key_lines(), *draft.key_lines())


def byte_order_mark(draft: Draft) -> None:
    if draft.chance(0.5):
        draft.in_credentials(*draft.key_lines(), name="first")
    draft.in_credentials(*draft.key_lines())
    draft.credentials[0] = "\ufeff" + draft.credentials[0]


def inherited_keys(draft: Draft) -> None:
    draft.source.choice([draft.config, draft.credentials]).extend(["[DEFAULT]", *draft.key_lines()])
    draft.in_config("region = eu-central-1")
    if draft.chance(0.5):
        draft.in_credentials(*draft.key_lines())


def inherited_source(draft: Draft) -> None:
    draft.config += ["[DEFAULT]", "source_profile = base"]
    draft.in_config(f"role_arn = {ROLE}inherits")
    draft.in_credentials(*draft.key_lines(), name="base")


def garbage(draft: Draft) -> None:
    draft.in_either("this is no setting", *draft.key_lines())


def setting_before_sections(draft: Draft) -> None:
    draft.in_either(*draft.key_lines())
    (draft.config or draft.credentials).insert(0, "region = eu-central-1")


def colon(draft: Draft) -> None:
    draft.in_either(*(line.replace(" =", ":") for line in draft.key_lines()))


def capitals(draft: Draft) -> None:
    draft.in_either(*(line.replace("aws_", "AWS_") for line in draft.key_lines()))


def quotes(draft: Draft) -> None:
    key = draft.key()
    draft.in_either(f'aws_access_key_id = "{key.id}"', f'aws_secret_access_key = "{key.secret}"')


def indented_key(draft: Draft) -> None:
    draft.in_either("region = eu-central-1", *("  " + line for line in draft.key_lines()))


def value_below(draft: Draft) -> None:
    draft.in_either(*(line.replace("= ", "=\n  ") for line in draft.key_lines()))


def half_below(draft: Draft) -> None:
    lines = draft.key_lines()
    at = draft.source.randrange(2)
    lines[at] = lines[at].replace("= ", "=\n\t")
    draft.in_either(*lines)
    if draft.chance(0.5):
        (draft.in_config if not draft.config else draft.in_credentials)(draft.process())


def process_below(draft: Draft) -> None:
    draft.in_config(draft.process().replace("= ", "=\n    "))
    if draft.chance(0.5):
        draft.in_credentials(*draft.key_lines())


KINDS: list[Kind] = [
    keys_in_credentials, keys_in_config, keys_in_both, temporary_keys, keys_and_process, keys_and_process_in_config,
    keys_and_process_in_credentials, keys_in_config_process_in_credentials, process, process_in_both, id_only,
    secret_only, split_key, half_and_whole_key, empty_key, empty_secret, settings_only, no_such_profile, role_on_keys,
    role_on_roles, role_on_process, role_on_key_with_role, role_on_own_keys, role_on_itself, cycle, cycle_with_keys,
    long_cycle, missing_source, empty_source, half_source, two_sources, role_without_source, role_and_keys,
    role_and_process, role_source_and_process, source_without_role, split_role, role_of_environment, role_of_nowhere,
    role_with_device, web_identity, web_identity_and_keys, role_on_web_identity, token_without_role,
    comment_behind_key, comment_behind_id, comment_behind_source, unprefixed, prefixed_in_credentials, spaced_header,
    two_defaults, duplicate_section, duplicate_setting, byte_order_mark, inherited_keys, inherited_source, garbage,
    setting_before_sections, colon, capitals, quotes, indented_key, value_below, half_below, process_below,
]  # fmt: skip


def environment(draft: Draft) -> dict[str, str]:
    """Draws what the environment has of credentials: mostly nothing."""
    key = draft.key()
    both = {"AWS_ACCESS_KEY_ID": key.id, "AWS_SECRET_ACCESS_KEY": key.secret}
    web = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(draft.token), "AWS_ROLE_ARN": ROLE + "of-environment"}
    choices = [{}] * 6 + [both] * 3 + [web] * 2 + [both | web]
    choices += [{name: value} for name, value in (both | web).items()]
    return dict(draft.source.choice(choices))


def naming(draft: Draft) -> tuple[str | None, dict[str, str]]:
    """Draws who names the profile: the program, or a variable; nothing has to for the default one."""
    name = draft.name
    draft.in_credentials(*draft.key_lines(), name="other")
    choices: list[tuple[str | None, dict[str, str]]] = [(name, {})] * 4
    choices += [(name, {"AWS_PROFILE": "other"}), (None, {"AWS_PROFILE": name}), (None, {"AWS_PROFILE": name})]
    choices += [(None, {"AWS_DEFAULT_PROFILE": name}), (None, {"AWS_PROFILE": name, "AWS_DEFAULT_PROFILE": "other"})]
    if name == "default":
        choices += [(None, {})] * 6
    return draft.source.choice(choices)


def generate_situation(seed: str, number: int, program: Path, token: Path) -> Situation:
    """Draws the situation of a number."""
    source = random.Random(f"{seed}/situations/{number}")
    kind = KINDS[number % len(KINDS)]
    draft = Draft(source, source.choice(["dev", "dev", "Team_1", "default"]), program, token)
    kind(draft)
    env = environment(draft)
    named, variables = naming(draft)
    # What must stand first in a file does.
    texts = ["\n".join(lines) + "\n" for lines in (draft.config, draft.credentials)]
    if draft.chance(0.1):
        texts = [text.replace("\n", "\r\n") for text in texts]
    config, credentials = (text.encode() for text in texts)
    return Situation(number, kind.__name__, config, credentials, env | variables, named)
