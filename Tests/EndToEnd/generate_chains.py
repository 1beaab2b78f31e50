"""Draws pairs of config and credentials files with roles that stand on roles, as people write them and get them wrong.

A pair is a function of the seed, its number and the world that it refers to. In each, one chain of one to four roles
begins with keys, a program, the environment or a web identity's token, or at nothing that could work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fake_keys import Key
from generate import Draft, Pair, Section, rendered

DEEPEST = 4
# An empty one is none.
SESSION_NAMES = ["ann", "ann@example.com", "a+b=c,d.e-f_g", "x" * 64, ""]
# What Python's `int` takes for a number of seconds, and what it doesn't.
DURATIONS = ["900", "1800", "3600", "+3600", "1_800", "0900", "3600 # an hour", "3600s", "1h", "", "_900", "9e2"]
LONGER = ["7200", "43200", "7_200"]
ALPHABETS = ["é", "e\u0301", "ß", "日本", "ключ"]


@dataclass(frozen=True)
class KnownRole:
    """A role that STS knows."""

    arn: str
    external_id: str | None


@dataclass(frozen=True)
class World:
    """What the files may refer to."""

    keys: Sequence[Key]
    roles: Sequence[KnownRole]
    # A program that prints the first key, and a file with a web identity's token.
    program: Path
    token: Path
    # A role that takes the token.
    web_role: str


@dataclass
class Chains(Pair):
    """A pair with the profiles that have roles, and the environment that it is used in."""

    roles: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    # What the chain begins with, and how many roles there are above it.
    begins: str = ""
    depth: int = 0


class ChainDraft(Draft):
    """A pair of that kind while it is drawn."""

    def __init__(self, seed: str, number: int, world: World) -> None:
        super().__init__(f"{seed}/chains", number)
        self.world = world
        self.env: dict[str, str] = {}
        self.roles: list[str] = []

    def name(self) -> str:
        """Gives a name, now and then with a space in it, or letters that not everybody has."""
        name = self.plain_name()
        if self.chance(0.08):
            name = self.names[-1] = name + self.source.choice(ALPHABETS)
        if self.chance(0.08):
            name = self.names[-1] = name.replace("+", " ").replace("/", " ")
        return name

    def config_header(self, name: str) -> str:
        """Writes a header; with a space in it, a name is quoted."""
        return f'[profile "{name}"]' if " " in name else super().config_header(name)

    def option(self, name: str) -> str:
        """Writes an option's name, now and then with capitals."""
        cases: list[Callable[[str], str]] = [str, str, str, str, str.title, str.upper, str.capitalize]
        return self.source.choice(cases)(name)

    def lines_of(self, settings: dict[str, str]) -> list[str]:
        """Writes settings in any order, with comments between them."""
        lines = [self.line(self.option(name), value) for name, value in settings.items()]
        comments = ["# role_arn = arn:aws:iam::123456789012:role/commented-out", "; source_profile = nobody", ""]
        return self.shuffled(lines, self.source.sample(comments, k=self.source.choice([0, 0, 1, 2])))

    def add(self, name: str, settings: dict[str, str], *more: str) -> None:
        """Adds a profile with settings, and perhaps lines as they are; mostly to config."""
        if self.chance(0.1) and "credential_process" not in settings:
            self.credentials.append(Section(f"[{name}]", self.lines_of(settings) + list(more)))
        else:
            self.config.append(Section(self.config_header(name), self.lines_of(settings) + list(more)))

    def role_settings(self, is_chained: bool, right: float = 0.93) -> dict[str, str]:
        """Draws a role, mostly with what its owner wants to hear."""
        role = self.source.choice(self.world.roles)
        settings = {"role_arn": role.arn}
        if role.external_id and self.chance(right):
            settings["external_id"] = role.external_id
        elif self.chance(0.1):
            settings["external_id"] = "some-other-id"
        if self.chance(0.4):
            settings["role_session_name"] = self.source.choice(SESSION_NAMES)
        if self.chance(0.4):
            settings["duration_seconds"] = self.source.choice(DURATIONS + ([] if is_chained else LONGER))
        if self.chance(0.3):
            settings["region"] = self.source.choice(["eu-central-1", "us-east-1"])
        return settings

    def key(self) -> Key:
        """Draws a key that STS knows."""
        return self.source.choice(self.world.keys)


def keys_in_credentials(draft: ChainDraft) -> dict[str, str]:
    """Keys of a profile of their own."""
    name = "default" if draft.chance(0.15) else draft.name()
    draft.credentials.append(Section(f"[{name}]", draft.shuffled(key_lines(draft), [])))
    if draft.chance(0.3):
        header = "[default]" if name == "default" else draft.config_header(name)
        draft.config.append(Section(header, draft.settings()))
    return {"source_profile": name}


def keys_in_config(draft: ChainDraft) -> dict[str, str]:
    """The same, in the other file."""
    name = draft.name()
    draft.config.append(Section(draft.config_header(name), draft.shuffled(key_lines(draft), draft.settings())))
    return {"source_profile": name}


def key_lines(draft: ChainDraft) -> list[str]:
    """Writes a key that STS knows."""
    key = draft.key()
    return [draft.line("aws_access_key_id", key.id), draft.line("aws_secret_access_key", key.secret)]


def program(draft: ChainDraft) -> dict[str, str]:
    """Somebody else's program that prints keys."""
    name = draft.name()
    draft.add(name, {"credential_process": f"{draft.world.program} --account {draft.number}"})
    return {"source_profile": name}


def environment(draft: ChainDraft) -> dict[str, str]:
    """The keys of the environment, if there are any."""
    if draft.chance(0.8):
        key = draft.key()
        draft.env |= {"AWS_ACCESS_KEY_ID": key.id, "AWS_SECRET_ACCESS_KEY": key.secret}
    return {"credential_source": "Environment"}


def web_identity(draft: ChainDraft) -> dict[str, str]:
    """A role for a web identity, which others stand on."""
    name = draft.name()
    settings = {"role_arn": draft.world.web_role, "web_identity_token_file": str(draft.world.token)}
    if draft.chance(0.5):
        settings["role_session_name"] = draft.source.choice(SESSION_NAMES)
    if draft.chance(0.1):
        settings["web_identity_token_file"] += ".absent"
    draft.add(name, settings)
    draft.roles.append(name)
    return {"source_profile": name}


def role_beside_keys(draft: ChainDraft) -> dict[str, str]:
    """A profile that has keys and a role on itself; whoever stands on it gets its keys."""
    name = draft.name()
    lines = draft.lines_of(draft.role_settings(is_chained=False) | {"source_profile": name})
    keys = key_lines(draft)
    if draft.chance(0.5):
        draft.credentials.append(Section(f"[{name}]", keys))
        keys = []
    draft.config.append(Section(draft.config_header(name), lines + keys))
    draft.roles.append(name)
    return {"source_profile": name}


def role_beside_keys_of_another(draft: ChainDraft) -> dict[str, str]:
    """The same, and its role stands on another profile's keys."""
    other = keys_in_credentials(draft)
    name = draft.name()
    lines = draft.lines_of(draft.role_settings(is_chained=False) | other) + key_lines(draft)
    draft.config.append(Section(draft.config_header(name), lines))
    draft.roles.append(name)
    return {"source_profile": name}


def nobody(draft: ChainDraft) -> dict[str, str]:
    """A profile that isn't there."""
    return {"source_profile": f"nobody-{draft.number}"}


def no_credentials(draft: ChainDraft) -> dict[str, str]:
    """A profile that has no credentials."""
    name = draft.name()
    draft.config.append(Section(draft.config_header(name), ["region = eu-central-1"]))
    return {"source_profile": name}


def itself(draft: ChainDraft) -> dict[str, str]:
    """A profile with a role that stands on itself, and no keys."""
    name = draft.name()
    draft.add(name, draft.role_settings(is_chained=False) | {"source_profile": name})
    draft.roles.append(name)
    return {"source_profile": name}


def cycle(draft: ChainDraft) -> dict[str, str]:
    """Two or three profiles that stand on each other."""
    names = [draft.name() for _ in range(draft.source.choice([2, 3]))]
    for at, name in enumerate(names):
        draft.add(name, draft.role_settings(is_chained=True) | {"source_profile": names[at - 1]})
    draft.roles += names
    return {"source_profile": names[0]}


def both(draft: ChainDraft) -> dict[str, str]:
    """A profile and a source at once."""
    return keys_in_credentials(draft) | environment(draft)


def neither(draft: ChainDraft) -> dict[str, str]:
    """Neither of them."""
    return {}


def other_source(draft: ChainDraft) -> dict[str, str]:
    """A source that isn't there, or on no machine of ours."""
    return {"credential_source": "Nowhere"}


BEGINNINGS = [
    *[keys_in_credentials] * 5,
    *[keys_in_config] * 3,
    *[role_beside_keys] * 3,
    *[program, environment, web_identity] * 2,
    *[role_beside_keys_of_another, nobody, no_credentials, itself, cycle, both, neither, other_source],
]


def generate_chains(seed: str, number: int, world: World) -> Chains:
    """Draws the pair of a number."""
    draft = ChainDraft(seed, number, world)
    # Each beginning is met, whatever the seed.
    begin = BEGINNINGS[number % len(BEGINNINGS)]
    source = begin(draft)
    # A web identity's role and one beside keys stand under the chain already.
    depth = draft.source.randint(1, DEEPEST)
    is_chained = begin is web_identity
    for _ in range(depth):
        name = draft.name()
        draft.add(name, draft.role_settings(is_chained) | source)
        draft.roles.append(name)
        source, is_chained = {"source_profile": name}, True
    config, credentials = rendered(draft, draft.config), rendered(draft, draft.credentials)
    if draft.chance(0.1):
        config, credentials = (text.replace("\n", "\r\n") for text in (config, credentials))
    return Chains(
        number,
        config.encode(),
        credentials.encode() if draft.credentials else None,
        draft.names,
        roles=draft.roles,
        env=draft.env,
        begins=begin.__name__,
        depth=depth,
    )
