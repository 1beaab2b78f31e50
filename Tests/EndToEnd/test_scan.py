"""`awskeys scan` finds keys that lie in plain text, in every place, and says nothing secret of them."""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import MakeHome
from fake_keys import BASE32, BASE64, DEV, DOCUMENTED, Key
from home import Home
from programs import Result

_drawn = random.Random("keys that no rule takes for examples")


def real_looking(prefix: str = "AKIA") -> Key:
    """Draws a key that opens nothing either, but doesn't look like it to the scanner."""
    return Key(
        f"{prefix}EXAMPLE" + "".join(_drawn.choices(BASE32, k=9)), "example" + "".join(_drawn.choices(BASE64, k=33))
    )


KEY, SECOND, THIRD = (real_looking() for _ in range(3))
SESSION = real_looking("ASIA")
SECRETS = [each.secret for each in (KEY, SECOND, THIRD, SESSION, DEV, DOCUMENTED)]
ID, SECRET = "access key id, AKIA…" + KEY.id[-4:], "secret access key"
# Without what stands for something else in an address.
SECRET_OF_ADDRESS = KEY.secret.replace("/", "7")
SECRETS.append(SECRET_OF_ADDRESS)
NEXT = "`awskeys import` takes keys of the AWS files into the store, `awskeys add` others; `awskeys rotate` replaces those that somebody may have seen\n"
NOT_ROOT = 65534


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder that isn't the home."""
    (tmp_path / "tree").mkdir()
    return tmp_path / "tree"


def scanned(home: Home, *arguments: str, user: int | None = None) -> Result:
    """Scans, and makes sure that no piece of a secret is shown."""
    home.user = user
    result = home.run("scan", *arguments)
    home.user = None
    for secret in SECRETS:
        assert not any(secret[at : at + 8] in result.stdout + result.stderr for at in range(0, 33)), secret
    return result


def found(home: Home, *arguments: str) -> list[dict[str, Any]]:
    result = scanned(home, *arguments, "--json")
    findings: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
    assert result.status == (1 if findings else 0), result
    return findings


def git(folder: Path, *arguments: str) -> str:
    names = {f"GIT_{who}_{what}": "EXAMPLE" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", "-C", str(folder), *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(folder.parent / "nobody")} | names,
        check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path, **files: str | None) -> str:
    """Commits these files, or their removal, and gives the commit."""
    for name, text in files.items():
        (folder / name).write_text(text) if text is not None else (folder / name).unlink()
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "a change")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tree: Path) -> Path:
    git(tree, "init", "-q")
    return tree


# MARK: places and kinds


@pytest.mark.parametrize(
    "name, text, places",
    [
        (".env", f"A=b\nAWS_ACCESS_KEY_ID={KEY.id}\nAWS_SECRET_ACCESS_KEY={KEY.secret}\n", ["2:19", "3:23"]),
        (".envrc", f'export AWS_ACCESS_KEY_ID="{KEY.id}" AWS_SECRET_ACCESS_KEY="{KEY.secret}"', ["1:27", "1:72"]),
        ("new.csv", f"Access key ID,Secret access key\r\n{KEY.id},{KEY.secret}\r\n", ["2:1", "2:22"]),
        (".passwd-s3fs", f"{KEY.id}:{KEY.secret}", ["1:1", "1:22"]),
        (".s3cfg", f"[default]\naccess_key = {KEY.id}\nsecret_key = {KEY.secret}\n", ["2:14", "3:14"]),
        ("x.py", f"# é\ns = boto3.client('s3', 'é', '{KEY.id}',\n    '{KEY.secret}')\n", ["2:30", "3:6"]),
        ("x.xml", f"<a><AccessKeyId>{KEY.id}</AccessKeyId><b>{KEY.secret}</b></a>", ["1:17", "1:54"]),
        ("x.tf", f'provider "aws" {{\n  access_key = "{KEY.id}"\n  secret_key = "{KEY.secret}"\n}}\n', ["2:17", "3:17"]),
        ("x.tfvars", f'# é\nsecret_key = "{KEY.secret}"\n', ["2:15"]),
        ("x.sh", f"export AWS_SECRET_KEY={KEY.secret}", ["1:23"]),
        ("x.properties", f"aws.secretKey={KEY.secret}", ["1:15"]),
        ("x.json", json.dumps({"SecretAccessKey": KEY.secret, "AccessKeyId": KEY.id}), ["1:22", "1:81"]),
    ],
)
def test_keys_are_found_in_every_kind_of_text(
    home: Home, tree: Path, name: str, text: str, places: list[str]
) -> None:
    (tree / name).write_text(text)
    result = scanned(home, str(tree))
    what = {ID, SECRET} if KEY.id in text else {SECRET}
    assert result.status == 1 and result.stderr == NEXT
    lines = [line.removeprefix(f"{tree / name}:").split(": ") for line in result.stdout.splitlines()]
    assert [place for place, _ in lines] == places and {kind for _, kind in lines} == what


def test_keys_are_found_in_a_notebook(home: Home, tree: Path) -> None:
    source = [f"key = '''\n{KEY.id}\n'''\n", f"secret = '''\n{KEY.secret}\n'''\n", f'os.environ["AWS_SECRET_ACCESS_KEY"]="{SECOND.secret}"']
    (tree / "x.ipynb").write_text(json.dumps({"cells": [{"cell_type": "code", "source": source}]}, indent=1))
    assert [each["kind"] for each in found(home, str(tree))] == [
        "access-key-id", "secret-access-key", "secret-access-key"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_keys_are_found_in_what_windows_writes(home: Home, tree: Path, encoding: str) -> None:
    text = f"\ufeff$x = 'é😀'; $Env:AWS_ACCESS_KEY_ID = '{KEY.id}'\r\n$Env:AWS_SECRET_ACCESS_KEY = '{KEY.secret}'\r\n"
    (tree / "profile.ps1").write_bytes(text.encode(encoding))
    assert [(each["line"], each["column"]) for each in found(home, str(tree))] == [(1, 38), (2, 31)]


def test_a_key_far_into_a_large_file_is_found_once(home: Home, tree: Path) -> None:
    # Around every place where one window ends and the next begins.
    line = "x" * 999 + "\n"
    for number, offset in enumerate(range((128 << 10) - 6000, (128 << 10) + 1500, 500)):
        before = (line * (offset // 1000 + 1))[:offset]
        text = f"{before}\n{KEY.id} {KEY.secret}\n" + line * 3000
        (tree / f"{number:02}").write_text(text)
    lines = [each["line"] for each in found(home, str(tree))]
    assert lines == [((128 << 10) - 6000 + 500 * number) // 1000 + 2 for number in range(15) for _ in range(2)]


def test_a_session_s_key_is_told_apart(home: Home, tree: Path) -> None:
    (tree / "x").write_text(SESSION.lines())
    assert scanned(home, str(tree)).stdout.splitlines()[0].endswith(
        f"id of a temporary access key, ASIA…{SESSION.id[-4:]}")


def test_without_a_path_the_usual_places_of_the_home_are_scanned(make_home: MakeHome) -> None:
    home = make_home(config=f"[default]\nregion = x\n[profile a]\n{KEY.lines()}", credentials=f"[b]\n{KEY.lines()}")
    names = [
        ".bashrc", ".bash_history", ".profile", ".zshrc", ".zsh_history", ".config/fish/config.fish", ".env", ".envrc",
        ".boto", ".s3cfg", ".passwd-s3fs", ".config/rclone/rclone.conf", ".terraformrc", ".docker/config.json",
        ".aws/credentials~", ".aws/cli/cache/x.json",
    ]  # fmt: skip
    for name in names:
        (home.path / name).parent.mkdir(parents=True, exist_ok=True)
        (home.path / name).write_text(f"export X={KEY.id}\n")
    (home.path / "elsewhere").write_text(KEY.id)
    (home.path / ".aws/folder").mkdir()
    (home.path / ".aws/folder/x").write_text(KEY.id)
    places = {each["path"] for each in found(home)}
    assert places == {str(home.path / name) for name in [*names, ".aws/config", ".aws/credentials"]}


def test_a_home_without_keys_is_told_so(make_home: MakeHome) -> None:
    result = scanned(make_home(config="[default]\nregion = x\n", credentials=None))
    assert result == Result(0, "", "no keys found\n")


# MARK: what is known, and what is an example


def test_a_key_of_the_store_is_named_by_its_profile(home: Home, tree: Path) -> None:
    home.import_all()
    (tree / "x").write_text(f"{DEV.id}\n{DOCUMENTED.id}\n{SECOND.id}\n")
    lines = scanned(home, str(tree)).stdout.splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == [
        f"access key id, AKIA…MPLE (known: profile dev)",
        "access key id, AKIA…MPLE (known: profile default)",
        f"access key id, AKIA…{SECOND.id[-4:]}",
    ]
    document = json.loads(scanned(home, str(tree), "--json").stdout)
    assert document["known_ids_used"] and [each["profiles"] for each in document["findings"]] == [["dev"], ["default"], []]


def test_nobody_is_asked_about_a_locked_store(locked: Home, tree: Path) -> None:
    (tree / "x").write_text(f"{DEV.id}\n{KEY.id}\n")
    before = locked.files(".local")
    document = json.loads(scanned(locked, str(tree), "--json").stdout)
    assert not document["known_ids_used"] and document["examples_left_out"] == 1
    assert [each["access_key_id"] for each in document["findings"]] == [KEY.id]
    assert locked.files(".local") == before


def test_examples_are_left_out_and_counted_unless_asked_for(home: Home, tree: Path) -> None:
    (tree / "x").write_text(DOCUMENTED.lines() + "# AKIAXXXXXXXXXXXXXXXX\n")
    result = scanned(home, str(tree))
    assert result == Result(
        0, "", "3 left out that look like examples: `--examples` shows them\nno keys found\n")
    shown = scanned(home, str(tree), "--examples")
    assert shown.status == 1 and [line.split("(")[-1] for line in shown.stdout.splitlines()] == ["example)"] * 3


@pytest.mark.parametrize(
    "text",
    [
        "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
        "aws_secret_access_key = 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
        "aws_secret_access_key = sha1-2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12",
        f"integrity sha512-{KEY.secret}{SECOND.secret}ab==",
        f"token: {KEY.secret}",
        "aws_secret_access_key = ${{ secrets.AWS_SECRET_ACCESS_KEY }}",
        "aws_secret_access_key: Sources/AWSKeysCLI/Commands/ScanCommand2",
        "AKIA AKIAIOSFODNN7 XAKIAIOSFODNN7ABCDEFG AKIAIOSFODNN7ABCDEFGH akiaiosfodnn7abcdefg AKIA1111111111111111",
    ],
)
def test_what_only_looks_a_little_like_a_key_is_none(home: Home, tree: Path, text: str) -> None:
    (tree / "x").write_text(text + "\n")
    assert found(home, str(tree)) == []


# MARK: trees


def test_binary_files_links_and_git_s_own_folder_are_passed_over(home: Home, tree: Path) -> None:
    (tree / "binary").write_bytes(b"\x7fELF\0" + KEY.id.encode())
    (tree / "late").write_bytes(b"x" * 9000 + b"\0 " + KEY.id.encode())
    (tree / "ignored").write_text(KEY.id)
    (tree / ".gitignore").write_text("ignored\n")
    (tree / ".git").mkdir()
    (tree / ".git/x").write_text(KEY.id)
    outside = tree.parent / "outside"
    outside.mkdir()
    (outside / "x").write_text(KEY.id)
    (tree / "folder-link").symlink_to(outside)
    (tree / "file-link").symlink_to(outside / "x")
    (tree / "loop").symlink_to(".")
    (tree / "dangling").symlink_to("nowhere")
    assert [each["path"] for each in found(home, str(tree))] == [str(tree / "ignored"), str(tree / "late")]
    # Named, links are followed.
    assert [each["path"] for each in found(home, str(tree / "folder-link"))] == [str(tree / "folder-link/x")]
    assert len(found(home, str(tree / "file-link"))) == 1


def test_what_people_write_in_git_s_own_folder_is_looked_at(home: Home, repository: Path) -> None:
    git(repository, "remote", "add", "origin", f"https://{KEY.id}:{SECRET_OF_ADDRESS}@git.example.com/x")
    hook = repository / ".git/hooks/pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nexport AWS_SECRET_KEY={SECOND.secret}\n")
    outside = repository / ".git/description"
    outside.write_text(THIRD.id)
    (hook.parent / "post-commit").symlink_to(outside)
    places = [(each["path"], each["kind"]) for each in found(home, str(repository))]
    assert places == [
        (str(repository / ".git/config"), "access-key-id"), (str(repository / ".git/config"), "secret-access-key"),
        (str(hook), "secret-access-key")]


def test_odd_names_are_shown_on_one_line(home: Home, tree: Path) -> None:
    names = [b"a\nb", b"c\x1b[31m", b"d\xff", "é".encode(), b'e"\\', "f\u202etxt".encode(), b"g\t\"\xc3"]
    for name in names:
        Path(os.fsdecode(bytes(tree) + b"/" + name)).write_text(KEY.id)
    lines = scanned(home, str(tree)).stdout.splitlines()
    assert [line.split(":1:1: ")[0].removeprefix('"').removeprefix(str(tree) + "/") for line in lines] == [
        'a\\nb"', 'c\\033[31m"', 'd\\377"', 'e"\\', 'f\\342\\200\\256txt"', 'g\\t\\"\\303"', "é"]
    entries = found(home, str(tree))
    told = [bytes.fromhex(each["path_bytes"]) if "path_bytes" in each else each["path"].encode() for each in entries]
    assert told == sorted(bytes(tree) + b"/" + name for name in names)


def test_nothing_waits_for_what_is_no_file(home: Home, tree: Path) -> None:
    os.mkfifo(tree / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tree / "socket"))
        if os.geteuid() == 0:
            os.mknod(tree / "device", 0o600 | 0o020000, os.makedev(1, 5))
        assert scanned(home, str(tree)) == Result(0, "", "no keys found\n")
    scanned(home, str(tree / "fifo")).failed(64, "neither a file nor a folder")
    scanned(home, "/dev/null").failed(64, "neither a file nor a folder")


def test_a_tree_that_is_deeper_than_paths_can_be_is_scanned(home: Home, tree: Path) -> None:
    here = os.open(tree, os.O_DIRECTORY)
    for _ in range(10_000):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = below
    with open(os.open("x", os.O_CREAT | os.O_WRONLY, dir_fd=here), "w") as file:
        file.write(KEY.id)
    os.close(here)
    try:
        [finding] = found(home, str(tree))
        assert finding["path"] == str(tree) + "/d" * 10_000 + "/x"
    finally:
        # Deeper than Python's own way of removing it can go.
        subprocess.run(["rm", "-r", tree], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run it as a user who may not read a file")
def test_what_cannot_be_read_is_named(make_home: MakeHome, tree: Path, tmp_path: Path) -> None:
    home = make_home(passphrase=False)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == "root" and str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    (tree / "closed").mkdir(mode=0o700)
    (tree / "secret").write_text(KEY.id)
    (tree / "secret").chmod(0o600)
    home.path.chmod(0o755)
    result = scanned(home, str(tree), user=NOT_ROOT)
    assert (result.status, result.stdout) == (74, "")
    assert result.stderr.splitlines() == [
        f'awskeys: cannot read "{tree / name}": Permission denied' for name in ("closed", "secret")]
    (tree / "open").write_text(KEY.id)
    document = scanned(home, str(tree), "--json", user=NOT_ROOT)
    assert document.status == 1
    assert [each["path"] for each in json.loads(document.stdout)["unreadable"]] == [
        str(tree / "closed"), str(tree / "secret")]


def test_a_path_that_is_not_there_is_an_error(home: Home, tree: Path) -> None:
    (tree / "x").write_text(KEY.id)
    scanned(home, str(tree), str(tree / "nowhere")).failed(66, "nowhere", "no such file")
    scanned(home, "--history", str(tree)).failed(66, "no git repository")
    for wrong in (["--json", "--sarif"], ["--history"]):
        assert scanned(home, *wrong).status == 64


# MARK: histories


def test_a_key_that_was_removed_later_is_found_in_the_history(home: Home, repository: Path) -> None:
    commit(repository, a="nothing\n")
    first = commit(repository, a=f"nothing\n{KEY.lines()}")
    commit(repository, a=f"something else\n{KEY.lines()}")
    commit(repository, a="something else\n")
    assert found(home, str(repository)) == []
    result = scanned(home, "--history", str(repository))
    assert result.status == 1
    assert result.stdout.splitlines() == [
        f"{repository}/a:2:21: {ID} (commit {first[:12]})", f"{repository}/a:3:25: {SECRET} (commit {first[:12]})"]
    [one, _] = found(home, "--history", str(repository))
    assert (one["commit"], one["repository"]) == (first, str(repository))
    assert one["object"] == git(repository, "rev-parse", f"{first}:a")


def test_all_that_a_history_keeps_is_looked_at(home: Home, repository: Path) -> None:
    keys = [real_looking() for _ in range(7)]
    SECRETS.extend(key.secret for key in keys)
    commit(repository, a="main\n")
    git(repository, "checkout", "-q", "-b", "side")
    on_branch = commit(repository, b=keys[0].id)
    git(repository, "tag", "-a", "-m", f"tag {keys[1].id}", "v1")
    git(repository, "checkout", "-q", "main")
    git(repository, "branch", "-q", "-D", "side")
    commit(repository, c=keys[2].id)
    git(repository, "reset", "-q", "--hard", "HEAD~1")
    (repository / "a").write_text(keys[3].id)
    git(repository, "stash", "-q")
    git(repository, "commit", "-q", "--allow-empty", "-m", f"oops {keys[4].id}")
    said = git(repository, "rev-parse", "HEAD")
    (repository / "d").write_text(keys[5].id)
    loose = git(repository, "hash-object", "-w", "d")
    git(repository, "gc", "-q")
    (repository / "d").write_text(keys[6].id)
    entries = {each["access_key_id"]: each for each in found(home, "--history", str(repository))}
    assert set(entries) == {key.id for key in keys}
    assert entries[keys[0].id]["commit"] == on_branch
    assert "commit" not in entries[keys[1].id] and "path" not in entries[keys[1].id]
    assert entries[keys[2].id]["path"] == str(repository / "c")
    assert entries[keys[4].id]["commit"] == said
    assert "commit" not in entries[keys[5].id] and entries[keys[5].id]["object"] == loose
    lines = scanned(home, "--history", str(repository)).stdout
    assert f"{repository}: message of commit {said[:12]}:6:6: " in lines
    assert f"{repository}: object {loose[:12]}:1:1: " in lines


def test_a_merge_that_brings_a_key_of_its_own_is_named(home: Home, repository: Path) -> None:
    commit(repository, a="1\n")
    git(repository, "checkout", "-q", "-b", "side")
    commit(repository, b="2\n")
    git(repository, "checkout", "-q", "main")
    commit(repository, a="3\n")
    git(repository, "merge", "-q", "--no-commit", "side")
    merge = commit(repository, a=KEY.id)
    [one, two] = found(home, "--history", str(repository))
    assert (one.get("commit"), two["commit"]) == (None, merge)


def test_histories_around_and_within_the_path_are_scanned_once(home: Home, repository: Path) -> None:
    commit(repository, a=KEY.id)
    commit(repository, a=None)
    for name in ("sub/inner", "odd\nname"):
        (repository / name).mkdir(parents=True)
        git(repository / name, "init", "-q")
    commit(repository / "sub/inner", b=SECOND.id)
    commit(repository / "sub/inner", b=None)
    commit(repository / "odd\nname", c=THIRD.id)
    commit(repository / "odd\nname", c=None)
    git(repository, "worktree", "add", "-q", str(repository / "tree"))
    git(repository, "clone", "-q", "--bare", str(repository / "sub/inner"), str(repository / "bare.git"))
    everything = [(KEY.id, "a"), (THIRD.id, "odd\nname/c"), (SECOND.id, "bare.git/b"), (SECOND.id, "sub/inner/b")]
    entries = found(home, "--history", str(repository))
    assert sorted((each["access_key_id"], each["path"]) for each in entries) == sorted(
        (key, str(repository / path)) for key, path in everything)
    (repository / "sub/x").write_text("")
    for below in ("sub/x", "sub"):
        ids = {each["access_key_id"] for each in found(home, "--history", str(repository / below))}
        assert ids == {KEY.id} | ({SECOND.id} if below == "sub" else set())


def test_a_repository_starts_no_program_of_its_own(home: Home, repository: Path, tmp_path: Path) -> None:
    commit(repository, a=KEY.id)
    commit(repository, a="b\n")
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    for name in (
        "core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "diff.external", "diff.x.textconv",
        "diff.x.command", "filter.x.smudge", "filter.x.clean", "gpg.program", "core.askPass", "credential.helper",
        "uploadpack.packObjectsHook", "core.alternateRefsCommand",
    ):  # fmt: skip
        git(repository, "config", name, str(trap))
    for name, value in {
        "log.showSignature": "true", "remote.origin.url": f"ext::{trap}", "remote.origin.promisor": "true",
        "extensions.partialClone": "origin", "protocol.ext.allow": "always", "core.hooksPath": str(tmp_path / "hooks"),
        "alias.cat-file": f"!{trap}", "alias.rev-list": f"!{trap}", "log.showRoot": "false",
    }.items():  # fmt: skip
        git(repository, "config", name, value)
    (repository / ".git/info/attributes").write_text("* diff=x filter=x\n")
    (tmp_path / "hooks").mkdir()
    for name in ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"):
        (tmp_path / "hooks" / name).symlink_to(trap)
    # What would be fetched if git were let.
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    (repository / ".git/objects" / tree[:2] / tree[2:]).unlink()
    (repository / ".git/config").open("a").write("[core]\n\trepositoryformatversion = 1\n")
    result = scanned(home, "--history", str(repository))
    assert KEY.id[-4:] in result.stdout and f'cannot read all of the repository "{repository}"' in result.stderr
    assert not (tmp_path / "sprung").exists()


def test_a_hook_s_variables_lead_to_no_other_repository(home: Home, repository: Path, tmp_path: Path) -> None:
    commit(repository, a=KEY.id)
    commit(repository, a=None)
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    home.env |= {"GIT_DIR": str(other / ".git"), "GIT_OBJECT_DIRECTORY": str(other / ".git/objects")}
    assert [each["access_key_id"] for each in found(home, "--history", str(repository))] == [KEY.id]


def test_a_replacement_hides_nothing(home: Home, repository: Path) -> None:
    commit(repository, a=KEY.id)
    blob = git(repository, "rev-parse", "HEAD:a")
    (repository / "b").write_text("harmless")
    git(repository, "replace", blob, git(repository, "hash-object", "-w", "b"))
    (repository / "a").unlink()
    assert [each["object"] for each in found(home, "--history", str(repository))] == [blob]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository away")
def test_a_repository_of_somebody_else_is_refused_until_it_is_trusted(home: Home, repository: Path) -> None:
    commit(repository, a=KEY.id)
    commit(repository, a=None)
    subprocess.run(["chown", "-R", str(NOT_ROOT), repository], check=True)
    result = scanned(home, "--history", str(repository))
    assert (result.status, result.stdout) == (74, "")
    assert "another user" in result.stderr and f'safe.directory "{repository}"' in result.hint
    (home.path / ".gitconfig").write_text(f"[safe]\n\tdirectory = {repository}\n")
    assert len(found(home, "--history", str(repository))) == 1


def test_what_is_no_sound_repository_is_named(home: Home, repository: Path) -> None:
    commit(repository, a=KEY.id)
    (repository / "a").unlink()
    (repository / "broken/.git").mkdir(parents=True)
    for pack in (repository / ".git/objects").glob("??/*"):
        pack.chmod(0o600)
        pack.write_bytes(b"no object")
    result = scanned(home, "--history", str(repository))
    assert (result.status, result.stdout) == (74, "")
    assert f'cannot read all of the repository "{repository}": it is damaged' in result.stderr


@pytest.mark.parametrize(
    "options, fetch", [(["--depth", "1"], "--unshallow"), (["--filter=blob:none"], "--refetch --no-filter")]
)
def test_a_history_that_is_not_all_there_is_named_until_it_is_fetched(
    home: Home, repository: Path, tmp_path: Path, options: list[str], fetch: str
) -> None:
    git(repository, "config", "uploadpack.allowFilter", "true")
    first = commit(repository, a=KEY.id)
    commit(repository, a=None)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", *options, f"file://{repository}", str(clone))
    result = scanned(home, "--history", str(clone))
    assert (result.status, result.stdout) == (74, "")
    assert f'cannot read all of the repository "{clone}": it is a ' in result.stderr
    assert result.hint == f'fetch the rest first: `git -C "{clone}" fetch {fetch}`'
    (clone / "x").write_text(SECOND.id)
    document = scanned(home, "--history", "--json", str(clone))
    [unreadable] = json.loads(document.stdout)["unreadable"]
    assert document.status == 1 and unreadable["path"] == str(clone) and unreadable["hint"] == result.hint
    (clone / "x").unlink()
    git(clone, "fetch", "-q", *fetch.split())
    assert [each["commit"] for each in found(home, "--history", str(clone))] == [first]


def test_what_git_cannot_follow_to_a_commit_is_shown_all_the_same(home: Home, repository: Path) -> None:
    commit(repository, a="nothing\n")
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    commit(repository, a=KEY.id)
    (repository / ".git/objects" / tree[:2] / tree[2:]).unlink()
    blob = git(repository, "rev-parse", "HEAD:a")
    (repository / "a").unlink()
    document = scanned(home, "--history", "--json", str(repository))
    assert [each["object"] for each in json.loads(document.stdout)["findings"]] == [blob]
    assert json.loads(document.stdout)["unreadable"] and document.status == 1


def test_git_ends_with_a_scan_that_is_killed(home: Home, repository: Path) -> None:
    fifo = repository / "fifo"
    os.mkfifo(fifo)
    (repository / ".git/config").open("a").write(f"[include]\n\tpath = {fifo}\n")
    words = [str(home.folder / "awskeys"), "scan", "--history", str(repository)]
    with subprocess.Popen(words, env=home.env) as scan, fifo.open("wb") as writer:
        # It is open once git has it open as well, and reads from it for ever.
        scan.kill()
        gone = select.poll()
        gone.register(writer, 0)
        assert gone.poll(60_000) == [(writer.fileno(), select.POLLERR)]


def test_without_git_there_is_no_history(home: Home, repository: Path) -> None:
    (repository / "a").write_text(KEY.id)
    home.env["PATH"] = str(repository)
    scanned(home, "--history", str(repository)).failed(69, "cannot start git", "install git")


# MARK: formats


def required(document: object, kind: str, **names: Callable[[Any], bool]) -> None:
    """Asserts that an object has properties of these kinds."""
    assert isinstance(document, dict), kind
    for name, holds in names.items():
        assert name in document and holds(document[name]), (kind, name, document)


def test_sarif_has_what_the_standard_asks_for(home: Home, repository: Path) -> None:
    commit(repository, **{"a b%é": KEY.lines()})
    git(repository, "commit", "-q", "--allow-empty", "-m", SECOND.id)
    (repository / "x").write_text(f"  {SESSION.id}\n{DOCUMENTED.id}")
    result = scanned(home, "--sarif", "--history", "--examples", str(repository))
    assert result.status == 1
    log = json.loads(result.stdout)

    def is_text(value: Any) -> bool:
        return isinstance(value, str) and bool(value)

    required(log, "sarifLog", version=lambda it: it == "2.1.0", runs=lambda it: len(it) == 1, **{"$schema": is_text})
    [run] = log["runs"]
    required(run, "run", tool=lambda it: is_text(it["driver"]["name"]), results=lambda it: len(it) == 7)
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    required(run["invocations"][0], "invocation", executionSuccessful=lambda it: it is True)
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    for each in run["results"]:
        required(each, "result", message=lambda it: is_text(it["text"]), ruleId=lambda it: it in rules)
        assert each["level"] in ("error", "warning", "note")
        [location] = each["locations"]
        required(location["physicalLocation"]["artifactLocation"], "artifactLocation", uri=is_text)
    regions = [
        (place["artifactLocation"]["uri"].removeprefix(f"file://{repository}/"), place["region"])
        for each in run["results"]
        if "region" in (place := each["locations"][0]["physicalLocation"])
    ]
    assert [uri for uri, _ in regions] == ["a%20b%25%C3%A9"] * 2 + ["x"] * 2 + ["a%20b%25%C3%A9"] * 2
    assert regions[2][1] == {"startLine": 1, "startColumn": 3, "endColumn": 23}
    assert [each["level"] for each in run["results"]].count("warning") == 1
    assert [each["level"] for each in run["results"]].count("note") == 1


def test_relative_paths_stay_relative(home: Home, tree: Path) -> None:
    shutil.copytree(tree, home.path / "here")
    (home.path / "here/x").write_text(KEY.id)
    assert scanned(home, "here").stdout.startswith("here/x:1:1: ")
    [one] = json.loads(scanned(home, "here", "--sarif").stdout)["runs"][0]["results"]
    assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "here/x"
