"""Calls AWS with boto3 in some threads until its standard input ends: each call resolves anew, and is one line of JSON.

The argument is the number of threads. What is called is STS's GetCallerIdentity and IAM's ListAccessKeys, in turn.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import boto3
from botocore.client import Config

ONCE = Config(retries={"total_max_attempts": 1})
OVER = threading.Event()
SPEAKING = threading.Lock()
# Loading a service's description takes far longer than a call, so that sessions share what they load.
LOADER = boto3.Session()._session.get_component("data_loader")


def call(number: int) -> dict[str, str]:
    """Resolves and calls once."""
    session = boto3.Session()
    session._session.register_component("data_loader", LOADER)
    service = "iam" if number % 2 else "sts"
    said = {"client": f"boto3 {service}", "key": "", "error": ""}
    try:
        found: Any = session.get_credentials()
        said["key"] = found.access_key
        client: Any = session.client(service, config=ONCE)
        client.list_access_keys() if service == "iam" else client.get_caller_identity()
    except Exception as problem:
        said["error"] = repr(problem)
    return said


def keep_calling() -> None:
    """Calls until it is over."""
    number = 0
    while not OVER.is_set():
        said = json.dumps(call(number))
        with SPEAKING:
            print(said, flush=True)
        number += 1


threads = [threading.Thread(target=keep_calling) for _ in range(int(sys.argv[1]))]
for thread in threads:
    thread.start()
sys.stdin.read()
OVER.set()
for thread in threads:
    thread.join()
