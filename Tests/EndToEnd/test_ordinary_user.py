"""The core of it as an ordinary user, when the tests run as root: programs and files out of root's reach."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import programs
from fake_keys import DEV, THIRD
from gnome_keyring import gnome_keyring
from home import CONFIG, CREDENTIALS, KEYS, Home

USER = "awskeys-e2e"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="all the other tests run as an ordinary user already")


@pytest.fixture(scope="module")
def user() -> Iterator[int]:
    """The id of a user made for this module."""
    subprocess.run(["useradd", "--no-create-home", "--user-group", USER], check=True)
    yield pwd.getpwnam(USER).pw_uid
    subprocess.run(["userdel", USER], check=True, capture_output=True)


@pytest.fixture
def theirs(built: Path, user: int) -> Iterator[Home]:
    """A home of the user's, with the everyday files and a copy of the programs."""
    top = Path(tempfile.mkdtemp(prefix="awskeys-e2e-"))
    top.chmod(0o755)
    home = Home.make(top / "home")
    home.folder, home.user = top / "bin", user
    home.folder.mkdir()
    for name in (programs.AWSKEYS, programs.HELPER):
        shutil.copy2(built / name, home.folder / name)
    group = pwd.getpwuid(user).pw_gid
    for path in [home.path, *home.path.rglob("*"), Path(home.env["AWSKEYS_PASSPHRASE_FILE"])]:
        os.chown(path, user, group)
    yield home
    home.lock()
    shutil.rmtree(top)


def test_an_ordinary_user_imports_resolves_locks_and_takes_it_back(theirs: Home, user: int) -> None:
    theirs.import_all()
    assert DEV.secret not in theirs.credentials.read_text()
    assert {file.stat().st_uid for file in (theirs.store, theirs.config, theirs.credentials)} == {user}
    for _ in ("warm", "cold"):
        for name, key in KEYS.items():
            for answer in (theirs.resolve(name), theirs.run("credential-process", name)):
                document = json.loads(answer.done().stdout)
                assert (document["AccessKeyId"], document["SecretAccessKey"]) == (key.id, key.secret)
        theirs.run("lock").done()
    theirs.run("add", "third", "--yes", stdin=f"{THIRD.id}\n{THIRD.secret}\n").done()
    theirs.run("remove", "third", "--yes").done()
    theirs.run("import", "--undo", "--yes").done()
    assert theirs.credentials.read_text() == CREDENTIALS
    assert set(CONFIG.splitlines()) <= set(theirs.config.read_text().splitlines())


def test_what_the_kernel_remembers_is_read_by_both_lanes_without_a_passphrase(theirs: Home) -> None:
    theirs.import_all()
    if json.loads(theirs.run("status", "--json").done().stdout)["kernel_keyring"] != "available":
        pytest.skip("the kernel refuses keys here, so that nothing is remembered")
    theirs.run("unlock").done()
    theirs.forget_passphrase()
    assert DEV.id in theirs.resolve("dev").done().stdout
    assert DEV.id in theirs.run("credential-process", "dev").done().stdout


def test_a_store_in_a_folder_of_root_cannot_be_made(theirs: Home) -> None:
    theirs.env["AWSKEYS_STORE"] = str(theirs.folder / "store")
    before = theirs.files()
    theirs.run("import", "--yes").failed(73, after_plan=True)
    assert theirs.files() == before


def test_an_ordinary_user_s_keyring_opens_the_store(theirs: Home, user: int) -> None:
    theirs.forget_passphrase()
    with gnome_keyring(theirs.env, user) as keyring:
        theirs.env["DBUS_SESSION_BUS_ADDRESS"] = keyring.bus
        theirs.import_all().run("lock").done()
        assert DEV.id in theirs.resolve("dev").done().stdout
        assert DEV.secret not in theirs.credentials.read_text()


def test_where_the_kernel_has_no_room_for_another_key_everything_works_without(theirs: Home, user: int) -> None:
    theirs.import_all()
    as_user = {"user": user, "group": user, "extra_groups": []}
    fill = "for number in $(seq 300); do keyctl add user example-$number x @u || exit 0; done"
    subprocess.run(["sh", "-c", fill], **as_user, capture_output=True, check=True)
    try:
        theirs.run("lock").done()
        for answer in (theirs.resolve("dev"), theirs.run("credential-process", "dev")):
            assert DEV.id in answer.done().stdout
        status = json.loads(theirs.run("status", "--json").done().stdout)
        assert (status["locked"], status["kernel_keyring"]) == (True, "refused")
        assert status["kernel_keyring_problem"] == "Disk quota exceeded"
        theirs.run("unlock").failed(69, "keeps no keys")
    finally:
        subprocess.run(["keyctl", "clear", "@u"], **as_user, check=True)
    theirs.run("unlock").done()


@pytest.mark.parametrize("program", [programs.AWSKEYS, programs.HELPER])
def test_a_set_user_id_program_does_nothing(theirs: Home, program: str) -> None:
    (theirs.folder / program).chmod(0o4755)
    refused = theirs.run("status") if program == programs.AWSKEYS else theirs.resolve("dev")
    refused.failed(77, "another user's rights", "chmod")
