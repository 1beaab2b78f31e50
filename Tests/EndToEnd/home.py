"""A scratch HOME: its two AWS files, its store, and the programs run inside it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import programs
from fake_keys import DEV, DOCUMENTED, PROD
from programs import Result

PASSPHRASE = "correct horse battery staple"

# The everyday files: a default profile, keys in either file, settings, a nested block, a role, comments.
CREDENTIALS = f"""# keys of the team
[default]
{DOCUMENTED.lines()}
[dev]
{DEV.lines()}"""
CONFIG = f"""[default]
region = eu-central-1
output = json

[profile dev]
region = us-east-1
s3 =
    max_concurrent_requests = 20
    addressing_style = path

; keys that somebody put here
[profile prod]
region = eu-west-1
{PROD.lines()}
[profile admin]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = dev
"""
KEYS = {"default": DOCUMENTED, "dev": DEV, "prod": PROD}


def bare_environment(home: Path) -> dict[str, str]:
    """Gives an environment that knows nothing of whoever runs the tests: no bus, no keys, no region."""
    return {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "XDG_RUNTIME_DIR": str(home / "run"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@dataclass
class Home:
    """A HOME of its own; commands run in it see nothing else."""

    path: Path
    folder: Path = programs.FOLDER
    env: dict[str, str] = field(default_factory=dict)
    # Whom the programs run as, when it isn't whoever runs the tests.
    user: int | None = None

    @classmethod
    def make(
        cls, path: Path, config: str | None = CONFIG, credentials: str | None = CREDENTIALS, passphrase: bool = True
    ) -> Home:
        """Makes the folder with the two files, and a passphrase file that the environment names."""
        home = cls(path, env=bare_environment(path))
        (path / ".aws").mkdir(parents=True)
        (path / "run").mkdir(mode=0o700)
        for file, text in ((home.config, config), (home.credentials, credentials)):
            if text is not None:
                file.write_bytes(text.encode())
                file.chmod(0o600)
        if passphrase:
            home.use_passphrase(PASSPHRASE)
        return home

    @property
    def config(self) -> Path:
        return self.path / ".aws" / "config"

    @property
    def credentials(self) -> Path:
        return self.path / ".aws" / "credentials"

    @property
    def store(self) -> Path:
        return Path(self.env.get("AWSKEYS_STORE") or self.path / ".local/share/awskeys/store")

    @property
    def helper(self) -> str:
        """The absolute path that import writes into the files."""
        return str(self.folder / programs.HELPER)

    def use_passphrase(self, passphrase: str) -> None:
        """Puts a passphrase into a file outside the HOME's own files, and names it in the environment."""
        file = self.path.with_name(self.path.name + ".passphrase")
        file.write_text(passphrase + "\n")
        file.chmod(0o600)
        self.env["AWSKEYS_PASSPHRASE_FILE"] = str(file)

    def forget_passphrase(self) -> None:
        """Takes the passphrase out of the environment."""
        self.env.pop("AWSKEYS_PASSPHRASE_FILE", None)

    def run(
        self, *arguments: str, stdin: str | None = None, timeout: float = 60, env: dict[str, str] | None = None
    ) -> Result:
        """Runs `awskeys` with the arguments."""
        argv = [str(self.folder / programs.AWSKEYS), *arguments]
        return programs.run(argv, self.env | (env or {}), stdin, timeout, self.path, self.user)

    def resolve(self, *arguments: str, env: dict[str, str] | None = None, timeout: float = 60) -> Result:
        """Runs `awskeys-credential-process` with the arguments."""
        return programs.run([self.helper, *arguments], self.env | (env or {}), None, timeout, self.path, self.user)

    def import_all(self) -> Home:
        """Imports everything that can be, and gives itself."""
        self.run("import", "--yes").done()
        return self

    def lock(self) -> None:
        """Takes the data key out of the kernel keyring, if there is a store at all."""
        if self.store.is_file():
            self.run("lock")

    def files(self, *below: str) -> dict[str, bytes]:
        """Gives every file below the HOME (or a folder of it) with its bytes."""
        found = {}
        for file in sorted(self.path.joinpath(*below).rglob("*")):
            if file.is_file() or file.is_symlink():
                found[str(file.relative_to(self.path))] = file.read_bytes() if file.exists() else b""
        return found

    def restore(self, template: Path) -> None:
        """Puts the two AWS files back to those of another folder."""
        shutil.rmtree(self.path / ".aws")
        shutil.copytree(template, self.path / ".aws")
