"""Draws pairs of config and credentials files, as people and their tools write them.

A pair is a function of the seed and its number. Most profiles are plain and marked as ones that import must move; the
others come from `generate_traps.py`, and import may move them or leave them, as long as every SDK agrees afterwards.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fake_keys import fake_key

WORDS = ["dev", "prod", "Team", "acme", "eu-1", "admin", "x", "data.lake", "ops_2", "CI"]
MARKS = "_.+@/:-"
SPACES_AROUND = ["=", " = ", " =", "= ", "   =   ", "\t=\t"]


@dataclass
class Section:
    """One section: its header and its lines, with what may not be changed about their order."""

    header: str
    lines: list[str]


@dataclass
class Pair:
    """A pair of files, as bytes, or nothing for a file that doesn't exist."""

    number: int
    config: bytes | None = None
    credentials: bytes | None = None
    names: list[str] = field(default_factory=list)
    must_import: set[str] = field(default_factory=set)

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Writes the files that exist; gives the paths of both."""
        paths = folder / "config", folder / "credentials"
        for path, content in zip(paths, (self.config, self.credentials)):
            if content is not None:
                path.write_bytes(content)
                path.chmod(0o600)
        return paths


class Draft:
    """A pair while it is drawn."""

    def __init__(self, seed: str, number: int) -> None:
        self.source = random.Random(f"{seed}/{number}")
        self.number = number
        self.config: list[Section] = []
        self.credentials: list[Section] = []
        self.names: list[str] = []
        self.plain: set[str] = set()

    def chance(self, probability: float) -> bool:
        """Says yes as often as asked."""
        return self.source.random() < probability

    def plain_name(self) -> str:
        """Gives a name of the characters that stand in a credential_process line as they are."""
        parts = self.source.sample(WORDS, k=self.source.choice([1, 1, 2, 2, 3]))
        name = "".join(part + self.source.choice(MARKS) for part in parts)
        name = f"{name}{self.number}{self.source.choice(string.ascii_letters)}{len(self.names)}"
        self.names.append(name)
        return name

    def line(self, key: str, value: str) -> str:
        """Writes a property, with the white space that people put around it."""
        trailing = self.source.choice(["", "", "", " ", "\t", "   "])
        return f"{key}{self.source.choice(SPACES_AROUND)}{value}{trailing}"

    def key_lines(self) -> list[str]:
        """Gives the two lines of a new key, in either order."""
        key = fake_key(self.source)
        lines = [self.line("aws_access_key_id", key.id), self.line("aws_secret_access_key", key.secret)]
        return lines if self.chance(0.8) else lines[::-1]

    def settings(self) -> list[str]:
        """Gives some settings other than keys: single lines, and blocks whose lines belong together."""
        choices = [
            self.line("region", self.source.choice(["us-east-1", "eu-central-1", "ap-south-1"])),
            self.line("output", self.source.choice(["json", "text"])),
            self.line("cli_pager", "less"),
            self.line("services", "own-endpoints"),
            "s3 =\n    max_concurrent_requests = 20\n    addressing_style = path",
            "s3=\n  max_queue_size=10000\n\tuse_accelerate_endpoint = false",
            "retry_mode = standard",
            "# aws_secret_access_key is somewhere else",
            "; note to self",
            "cli_timestamp_format = wire\n   # an indented comment",
            "",
        ]
        picked = self.source.sample(choices, k=self.source.randint(0, 4))
        kept: dict[str, str] = {line.split("=")[0].strip() if "=" in line else line: line for line in picked}
        return list(kept.values())

    def shuffled(self, *groups: list[str]) -> list[str]:
        """Mixes lines, each staying whole, so that keys stand first, last or amid settings."""
        lines = [line for group in groups for line in group]
        self.source.shuffle(lines)
        return lines

    def config_header(self, name: str) -> str:
        """Writes a header of config as SDKs agree on it."""
        header = "[default]" if name == "default" else f"[profile {name}]"
        return header + self.source.choice(["", "", "", " ", "  # a comment"])


def keys_in_credentials(draft: Draft) -> None:
    """The usual: keys in credentials, settings in config or nowhere."""
    name = draft.plain_name()
    draft.credentials.append(Section(f"[{name}]", draft.shuffled(draft.key_lines(), draft.settings()[:1])))
    if draft.chance(0.6):
        draft.config.append(Section(draft.config_header(name), draft.settings()))
    draft.plain.add(name)


def keys_in_config(draft: Draft) -> None:
    """Everything in config."""
    name = draft.plain_name()
    draft.config.append(Section(draft.config_header(name), draft.shuffled(draft.key_lines(), draft.settings())))
    draft.plain.add(name)


def default_profile(draft: Draft) -> None:
    """The profile of those who name none."""
    if "default" in draft.names:
        return
    draft.names.append("default")
    draft.credentials.append(Section("[default]", draft.key_lines()))
    if draft.chance(0.5):
        draft.config.append(Section("[default]", draft.settings()))
    draft.plain.add("default")


def role_on_plain_keys(draft: Draft) -> None:
    """A role profile that stands on a profile with keys."""
    keys_in_credentials(draft)
    base = draft.names[-1]
    name = draft.plain_name()
    lines = ["role_arn = arn:aws:iam::123456789012:role/example", f"source_profile = {base}"]
    draft.config.append(Section(draft.config_header(name), draft.shuffled(lines, draft.settings())))


def settings_only(draft: Draft) -> None:
    """A profile without any credentials."""
    draft.config.append(Section(draft.config_header(draft.plain_name()), draft.settings()))


def other_section(draft: Draft) -> None:
    """A section that is no profile."""
    header, lines = draft.source.choice(
        [
            ("[sso-session corp]", ["sso_start_url = https://example.com/start", "sso_region = us-east-1"]),
            ("[services own-endpoints]", ["sqs =\n  endpoint_url = http://127.0.0.1:4566"]),
            ("[plugins]", ["cli_legacy_plugin_path = /opt/example"]),
            ("[preview]", ["cloudfront = true"]),
        ]
    )
    if all(section.header != header for section in draft.config):
        draft.config.append(Section(header, lines))


PLAIN: list[Callable[[Draft], None]] = [
    keys_in_credentials,
    keys_in_credentials,
    keys_in_config,
    keys_in_config,
    default_profile,
    role_on_plain_keys,
    settings_only,
    other_section,
]


def rendered(draft: Draft, sections: list[Section]) -> str:
    """Writes sections one after the other, in any order, with comments and empty lines between them."""
    sections = list(sections)
    draft.source.shuffle(sections)
    text = draft.source.choice(["", "", "# made by hand\n", "\n\n"])
    for section in sections:
        text += "\n".join([section.header, *section.lines]) + "\n"
        text += draft.source.choice(["", "\n", "\n", "\n\n", "# ---\n"])
    return text


def generate(seed: str, number: int, traps: list[Callable[[Draft], None]], spoilers: list) -> Pair:
    """Draws the pair of a number.

    `traps` are profiles that aren't plain, `spoilers` change a whole file's text; see `generate_traps.py`.
    """
    draft = Draft(seed, number)
    for _ in range(draft.source.randint(1, 4)):
        draft.source.choice(PLAIN)(draft)
    for _ in range(draft.source.choice([0, 0, 1, 1, 2])):
        draft.source.choice(traps)(draft)
    config, credentials = rendered(draft, draft.config), rendered(draft, draft.credentials)
    if spoilers and draft.chance(0.12):
        draft.plain.clear()
        config, credentials = draft.source.choice(spoilers)(draft, config, credentials)
    files: list[bytes | None] = []
    for text, sections in ((config, draft.config), (credentials, draft.credentials)):
        if draft.chance(0.15):
            text = text.rstrip("\n")
        if draft.chance(0.15):
            text = text.replace("\n", "\r\n")
        files.append(text.encode() if sections or draft.chance(0.5) else None)
    return Pair(number, files[0], files[1], draft.names, draft.plain)
