"""A real HTTP IAM and STS that checks signatures: moto's server, with one user and that user's keys."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import boto3

from fake_keys import Key
from home import bare_environment

ALLOW = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'


class Moto:
    """The server's address, and what the tests do to its account."""

    def __init__(self, url: str) -> None:
        self.url = url

    def enforce(self, signatures: bool) -> None:
        """Turns the checking of signatures on or off."""
        body = b"0" if signatures else b"inf"
        request = Request(f"{self.url}/moto-api/reset-auth", data=body, headers={"Content-Type": "text/plain"})
        urlopen(request, timeout=10).close()

    def user_with_key(self, user: str) -> Key:
        """Makes a user who may do everything, and an access key for it."""
        self.enforce(False)
        iam = boto3.client(
            "iam", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        iam.create_user(UserName=user)
        iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=ALLOW)
        made = iam.create_access_key(UserName=user)["AccessKey"]
        self.enforce(True)
        return Key(made["AccessKeyId"], made["SecretAccessKey"])


@contextmanager
def moto_server(home: Path) -> Iterator[Moto]:
    """Serves on a free port of the loopback until the block ends."""
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
        env=bare_environment(home) | {"INITIAL_NO_AUTH_ACTION_COUNT": "inf", "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert server.stdout
    try:
        for line in server.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            raise AssertionError(f"moto ended with status {server.wait()}")
        # Its log is a line a request, which is more than a pipe holds when clients call all the time.
        unread = server.stdout
        reading = threading.Thread(target=lambda: [None for _ in unread])
        reading.start()
        try:
            yield Moto(found[0])
        finally:
            server.kill()
            reading.join()
    finally:
        server.kill()
        server.wait(timeout=10)
        server.stdout.close()
