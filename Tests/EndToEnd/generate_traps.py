"""What the generator puts beside plain profiles: everything that SDKs read in more than one way."""

from __future__ import annotations

from collections.abc import Callable

from fake_keys import fake_key
from generate import Draft, Section, keys_in_config, keys_in_credentials

Trap = Callable[[Draft], None]
Spoiler = Callable[[Draft, str, str], tuple[str, str]]
ROLE = "role_arn = arn:aws:iam::123456789012:role/example"


def _place(draft: Draft, name: str, lines: list[str]) -> None:
    """Puts lines into a section of either file."""
    if draft.chance(0.5):
        draft.credentials.append(Section(f"[{name}]", lines))
    else:
        draft.config.append(Section(f"[profile {name}]", lines))


def _respelt(change: Callable[[Draft, str], str]) -> Trap:
    """Gives a profile with both lines of a key, one of them or both spelt in another way."""

    def trap(draft: Draft) -> None:
        lines = draft.key_lines()
        spelt = {draft.source.randrange(2)} if draft.chance(0.5) else {0, 1}
        lines = [change(draft, line) if at in spelt else line for at, line in enumerate(lines)]
        _place(draft, draft.plain_name(), draft.shuffled(lines) if draft.chance(0.2) else lines)

    trap.__name__ = change.__name__
    return trap


def inline_comment(draft: Draft, line: str) -> str:
    return line + draft.source.choice([" # old", " ; old", "#old", "\t# old"])


def quoted(draft: Draft, line: str) -> str:
    key, value = line.split("=", 1)
    mark = draft.source.choice("\"'")
    return f"{key}={mark}{value.strip()}{mark}"


def key_case(draft: Draft, line: str) -> str:
    key, value = line.split("=", 1)
    return f"{draft.source.choice([key.upper(), key.title()])}={value}"


def colon(draft: Draft, line: str) -> str:
    return line.replace("=", draft.source.choice([":", " : "]), 1)


def indented(draft: Draft, line: str) -> str:
    return draft.source.choice(["  ", "\t", " "]) + line


def continued(draft: Draft, line: str) -> str:
    return line + "\n" + draft.source.choice(["  more", "\tmore = 1", "    # nothing more"])


def session_token(draft: Draft) -> None:
    _place(draft, draft.plain_name(), draft.shuffled(draft.key_lines(), ["aws_session_token = EXAMPLE-token"]))


def lone_half(draft: Draft) -> None:
    _place(draft, draft.plain_name(), [draft.source.choice(draft.key_lines())])


def empty_half(draft: Draft) -> None:
    key = fake_key(draft.source)
    lines = [f"aws_access_key_id = {key.id}", "aws_secret_access_key ="]
    _place(draft, draft.plain_name(), lines)


def halves_in_two_files(draft: Draft) -> None:
    name, lines = draft.plain_name(), draft.key_lines()
    draft.credentials.append(Section(f"[{name}]", lines[:1]))
    draft.config.append(Section(f"[profile {name}]", lines[1:]))


def key_in_both_files(draft: Draft) -> None:
    name, lines = draft.plain_name(), draft.key_lines()
    draft.credentials.append(Section(f"[{name}]", lines))
    draft.config.append(Section(f"[profile {name}]", lines + draft.settings()))


def another_key_in_each_file(draft: Draft) -> None:
    name = draft.plain_name()
    draft.credentials.append(Section(f"[{name}]", draft.key_lines()))
    draft.config.append(Section(f"[profile {name}]", draft.key_lines()))


def key_and_process(draft: Draft) -> None:
    lines = draft.shuffled(draft.key_lines(), ["credential_process = /bin/false --profile x"])
    _place(draft, draft.plain_name(), lines)


def key_here_process_there(draft: Draft) -> None:
    name = draft.plain_name()
    draft.credentials.append(Section(f"[{name}]", draft.key_lines()))
    draft.config.append(Section(f"[profile {name}]", ["credential_process = /bin/false --profile x"]))


def role_with_keys_of_its_own(draft: Draft) -> None:
    name = draft.plain_name()
    _place(draft, name, draft.shuffled(draft.key_lines(), [ROLE], [f"source_profile = {name}"]))


def role_and_keys_on_another(draft: Draft) -> None:
    keys_in_credentials(draft)
    base = draft.names[-1]
    _place(draft, draft.plain_name(), draft.shuffled(draft.key_lines(), [ROLE], [f"source_profile = {base}"]))


def role_on_a_trap(draft: Draft) -> None:
    draft.source.choice([lone_half, session_token, key_in_both_files])(draft)
    base = draft.names[-1]
    draft.config.append(Section(f"[profile {draft.plain_name()}]", [ROLE, f"source_profile = {base}"]))


def single_sign_on(draft: Draft) -> None:
    lines = ["sso_session = corp", "sso_account_id = 123456789012", "sso_role_name = Example", "region = us-east-1"]
    draft.config.append(Section(f"[profile {draft.plain_name()}]", lines))


def odd_header(draft: Draft) -> None:
    name, lines = draft.plain_name(), draft.key_lines()
    where, header = draft.source.choice(
        [("config", f"[{name}]"), ("credentials", f"[profile {name}]"), ("config", f"[ profile {name} ]")]
        + [("credentials", f"[ {name} ]"), ("config", f"[profile\t{name}]"), ("config", f'[profile "{name}"]')]
        + [("config", f"[profile  {name}]"), ("config", f"[profile '{name}']")]
    )
    (draft.config if where == "config" else draft.credentials).append(Section(header, lines))


def odd_name(draft: Draft) -> None:
    draft.plain_name()
    stem = draft.names.pop()
    name = draft.source.choice(
        ["caf\u00e9 ", "\u65e5\u672c-", "a b ", "50%", "~", "#1", "it's", "a$b", "a=b", "(x)", "a,b;"]
    )
    name += stem
    draft.names.append(name)
    if draft.chance(0.5):
        draft.credentials.append(Section(f"[{name}]", draft.key_lines()))
    else:
        quote = '"' if draft.chance(0.5) else ""
        draft.config.append(Section(f"[profile {quote}{name}{quote}]", draft.key_lines()))


def similar_names(draft: Draft) -> None:
    keys_in_config(draft)
    name = draft.names[-1]
    for other in (name + "-2", name.swapcase()):
        draft.names.append(other)
        draft.credentials.append(Section(f"[{other}]", draft.key_lines()))


TRAPS: list[Trap] = [
    *map(_respelt, (inline_comment, quoted, key_case, colon, indented, continued)),
    *(session_token, lone_half, empty_half, halves_in_two_files, key_in_both_files, another_key_in_each_file),
    *(key_and_process, key_here_process_there, role_with_keys_of_its_own, role_and_keys_on_another, role_on_a_trap),
    *(single_sign_on, odd_header, odd_name, odd_name, similar_names),
]


def inheritance(draft: Draft, config: str, credentials: str) -> tuple[str, str]:
    lines = draft.key_lines() if draft.chance(0.5) else ["region = us-west-2"]
    section = "\n".join(["[DEFAULT]", *lines]) + "\n"
    return (section + config, credentials) if draft.chance(0.5) else (config, credentials + "\n" + section)


def section_twice(draft: Draft, config: str, credentials: str) -> tuple[str, str]:
    section = "[twice]\n" + "\n".join(draft.key_lines()) + "\n"
    draft.names.append("twice")
    return config, section + credentials + "\n" + section


def key_twice(draft: Draft, config: str, credentials: str) -> tuple[str, str]:
    lines = draft.key_lines()
    draft.names.append("repeated")
    return config + "\n[profile repeated]\n" + "\n".join(lines + lines) + "\n", credentials


def byte_order_mark(draft: Draft, config: str, credentials: str) -> tuple[str, str]:
    return ("\ufeff" + config, credentials) if draft.chance(0.5) else (config, "\ufeff" + credentials)


def garbage_line(draft: Draft, config: str, credentials: str) -> tuple[str, str]:
    return config + "\n<<<<<<< HEAD\n", credentials


def property_before_sections(draft: Draft, config: str, credentials: str) -> tuple[str, str]:
    return config, "region = us-east-1\n" + credentials


def value_below(draft: Draft, config: str, credentials: str) -> tuple[str, str]:
    """Is a list of settings to botocore, and none."""
    draft.names.append("below")
    lines = [line.replace("=", draft.source.choice(["=\n  ", " =\n\t"]), 1) for line in draft.key_lines()]
    return config, credentials + "\n".join(["", "[below]", *lines, ""])


def indented_header(draft: Draft, config: str, credentials: str) -> tuple[str, str]:
    """Belongs, for some SDKs, to the value above it."""
    draft.names.append("shifted")
    return config, credentials + "\n".join(["", "  [shifted]", *draft.key_lines(), ""])


def default_and_profile_default(draft: Draft, config: str, credentials: str) -> tuple[str, str]:
    if "default" in draft.names:
        return config, credentials
    draft.names.append("default")
    sections = ["[default]", *draft.key_lines(), "[profile default]", *draft.key_lines(), ""]
    return config + "\n".join(sections), credentials


SPOILERS: list[Spoiler] = [
    *(inheritance, section_twice, key_twice, byte_order_mark, garbage_line, property_before_sections),
    *(value_below, indented_header, default_and_profile_default),
]
