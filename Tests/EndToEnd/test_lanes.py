"""Both programs give the same answer for the same state."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

import programs
from fake_keys import DOCUMENTED, Key
from home import CREDENTIALS, KEYS, Home
from programs import Result

ODD = ["a b", "50%", "it's", "a$b", "#1", "(x)", "a=b", "team/dev@eu:1+x_2.3-4", "~", "a%20b"]


@pytest.fixture(scope="module")
def filled(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The everyday profiles, and some with names that no credential_process line can hold as they are."""
    odd = "".join(f"\n[{name}]\n{odd_key(number).lines()}" for number, name in enumerate(ODD))
    home = Home.make(tmp_path_factory.mktemp("lanes") / "home", credentials=CREDENTIALS + odd).import_all()
    home.run("unlock", "--for", "8h").done()
    yield home
    home.lock()


def odd_key(number: int) -> Key:
    """Gives the key of an odd name."""
    return Key(f"AKIAODDNAME{number:02}EXAMPLE", f"EXAMPLE/odd+{number:02}/{'x' * 26}")


def encoded(name: str) -> str:
    """Encodes a name as import writes it into a file."""
    return quote(name, safe="_.+@/:-")


def document(answer: Result) -> dict[str, object]:
    """Asserts the shape of an answer to the last byte, and gives it without what the clock says."""
    answer.done()
    assert answer.stderr == ""
    found = json.loads(answer.stdout)
    assert answer.stdout == json.dumps(found, separators=(",", ":"), ensure_ascii=False) + "\n"
    assert list(found) == ["Version", "AccessKeyId", "SecretAccessKey", "Expiration"]
    assert found["Version"] == 1
    expires = datetime.strptime(found.pop("Expiration"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(minutes=55) < expires - datetime.now(UTC) < timedelta(minutes=65)
    return found


@pytest.mark.parametrize("name", KEYS)
def test_both_lanes_print_the_same_json(filled: Home, name: str) -> None:
    expected = {"Version": 1, "AccessKeyId": KEYS[name].id, "SecretAccessKey": KEYS[name].secret}
    assert document(filled.resolve(name)) == expected
    assert document(filled.run("credential-process", name)) == expected


@pytest.mark.parametrize("number", range(len(ODD)), ids=ODD)
def test_both_lanes_understand_an_encoded_name(filled: Home, number: int) -> None:
    name, key = ODD[number], odd_key(number)
    expected = {"Version": 1, "AccessKeyId": key.id, "SecretAccessKey": key.secret}
    assert document(filled.resolve(encoded(name))) == expected
    assert document(filled.run("credential-process", encoded(name))) == expected


@pytest.mark.parametrize("name", ["nobody", "no%20body", "DEV", "dev ", "x" * 5000])
def test_both_lanes_know_no_such_profile(filled: Home, name: str) -> None:
    fast, slow = filled.resolve(name), filled.run("credential-process", name)
    assert fast == slow
    fast.failed(66, "profile")


@pytest.mark.parametrize("name", ["%", "dev%", "dev%zz", "%2"])
def test_both_lanes_refuse_a_name_that_is_encoded_wrongly(filled: Home, name: str) -> None:
    fast, slow = filled.resolve(name), filled.run("credential-process", name)
    assert fast == slow
    assert (fast.status in (64, 66), fast.stdout) == (True, ""), fast
    assert name in fast.stderr


@pytest.mark.parametrize("arguments", [[], ["dev", "prod"], [""]])
def test_both_lanes_refuse_other_arguments(filled: Home, arguments: list[str]) -> None:
    fast, slow = filled.resolve(*arguments), filled.run("credential-process", *arguments)
    assert fast == slow
    assert fast.status in ((64, 66) if arguments == [""] else (64,)), fast
    assert (fast.stdout, bool(fast.stderr)) == ("", True)


def test_the_fast_lane_hands_a_locked_store_over(home: Home) -> None:
    home.import_all().run("lock").done()
    expected = {"Version": 1, "AccessKeyId": DOCUMENTED.id, "SecretAccessKey": DOCUMENTED.secret}
    assert document(home.resolve("default")) == expected
    home.run("lock").done()
    home.forget_passphrase()
    fast, slow = home.resolve("default"), home.run("credential-process", "default")
    assert fast == slow
    fast.failed(77, "locked", "awskeys unlock")


def test_both_lanes_say_that_there_is_no_store(home: Home) -> None:
    fast, slow = home.resolve("dev"), home.run("credential-process", "dev")
    assert fast == slow
    fast.failed(66, "store")


def test_the_fast_lane_works_from_any_folder_and_by_any_path(filled: Home, tmp_path: Path) -> None:
    link = tmp_path / "helper"
    link.symlink_to(filled.helper)
    assert document(programs.run([str(link), "dev"], filled.env, cwd=tmp_path))["AccessKeyId"] == KEYS["dev"].id


def test_an_empty_environment_is_no_surprise(filled: Home) -> None:
    answer = programs.run([filled.helper, "dev"], {"AWSKEYS_STORE": str(filled.store)})
    assert document(answer)["AccessKeyId"] == KEYS["dev"].id
