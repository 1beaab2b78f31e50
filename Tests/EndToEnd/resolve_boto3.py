"""Says what botocore, on which boto3 and AWS CLI v1 stand, resolves each profile of a pair of files to.

Run as a program, it answers one JSON request a line until stdin ends; `oracles.py` has the other end. A request is
`{"config": PATH, "credentials": PATH, "profiles": [NAME...], "env": {...}, "sts": URL}`, the answer
`{NAME: {"id", "digest", "settings"} | {"error": CLASS}}`, or `{"parse": TEXT}` when a file can't be parsed at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from typing import Any

import botocore.exceptions
import botocore.session

# What this process was started with: nothing of one request's environment may reach the next.
OWN_ENVIRONMENT = dict(os.environ)
CREDENTIAL_SETTINGS = {
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "credential_process",
}


def session_for(request: dict[str, Any], profile: str | None) -> botocore.session.Session:
    """Gives a session that reads the request's files, as an explicit profile if there is one."""
    session = botocore.session.Session(profile=profile)
    session.set_config_variable("config_file", request["config"])
    session.set_config_variable("credentials_file", request["credentials"])
    session.set_config_variable("region", "us-east-1")
    return session


def resolve(request: dict[str, Any], profile: str) -> dict[str, Any]:
    """Resolves one profile as a client would, roles included."""
    try:
        session = session_for(request, profile)
        # A device's code is asked for at the terminal, and there is nobody.
        session.get_component("credential_provider").get_provider("assume-role")._prompter = lambda _: "123456"
        credentials = session.get_credentials()
        if credentials is None:
            return {"error": "NoCredentials"}
        frozen = credentials.get_frozen_credentials()
        settings = session.full_config["profiles"].get(profile, {})
    except Exception as error:  # An oracle reports whatever the SDK does; the test compares it.
        return {"error": type(error).__name__}
    kept = {key: value for key, value in settings.items() if key not in CREDENTIAL_SETTINGS}
    # A profile on top of its own key is split by an import, and is then on top of that key's profile.
    if kept.get("source_profile") == f"{profile}-key":
        kept["source_profile"] = profile
    secret = f"{frozen.secret_key}\n{frozen.token or ''}"
    return {
        "id": frozen.access_key,
        "digest": hashlib.sha256(secret.encode()).hexdigest(),
        "settings": kept,
    }


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Answers one request."""
    os.environ.clear()
    os.environ.update(OWN_ENVIRONMENT | request["env"] | {"AWS_ENDPOINT_URL_STS": request["sts"]})
    try:
        full = session_for(request, None).full_config
    except botocore.exceptions.ConfigParseError as error:
        return {"parse": str(error)}
    except Exception as error:  # Not UTF-8, for one, comes as a Python error.
        return {"parse": f"{type(error).__name__}: {error}"}
    names = request["profiles"] or sorted(full["profiles"])
    return {name: resolve(request, name) for name in names}


def main() -> None:
    """Answers requests until there are no more."""
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
