"""Says which key id rclone, on the AWS SDK for Go v2, signs with for a profile of a pair of files.

rclone doesn't print its credentials, so it lists a bucket of `signing_server.py`, which reads the id off the signature.
"""

from __future__ import annotations

import itertools
import shutil
import sys
from pathlib import Path

import programs
from home import bare_environment
from signing_server import SigningServer

# Beside this Python, where requirements.txt puts it, or wherever the system has one.
RCLONE = shutil.which("rclone", path=str(Path(sys.executable).parent)) or shutil.which("rclone")
_numbers = itertools.count()


def resolve(
    server: SigningServer,
    home: Path,
    config: Path,
    credentials: Path,
    profile: str | None,
    env: dict[str, str],
    by_variable: bool = True,
) -> str:
    """Gives the key id, `ASSUMED-BY-` the id for a role, or `none` when rclone finds no credentials.

    A profile is named by `AWS_PROFILE`, or else as a program names it itself; none leaves that to `env`.
    """
    assert RCLONE
    bucket = f"bucket-{next(_numbers)}"
    environment = bare_environment(home) | env
    environment |= {
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_ENDPOINT_URL_STS": server.url,
        "AWS_REGION": "us-east-1",
    }
    if profile and by_variable:
        environment["AWS_PROFILE"] = profile
    named = f",profile={profile}" if profile and not by_variable else ""
    where = f"force_path_style=true,region=us-east-1,endpoint='{server.url}'"
    remote = f":s3,provider=Other,env_auth=true{named},{where}:{bucket}"
    once = ["--config", "/dev/null", "--retries", "1", "--low-level-retries", "1"]
    programs.run([RCLONE, *once, "lsf", remote], environment)
    return server.signers.get(bucket, "none")
