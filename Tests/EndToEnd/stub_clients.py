"""boto3 as a client of the tests' own IAM, which sends anything, once, and what it was told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.client import Config
from botocore.exceptions import ClientError

from fake_keys import Key
from stub_iam import Stub

ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=60, parameter_validation=False)
SDK = boto3.Session()


def client(stub: Stub, service: str, key: Key, token: str | None = None, region: str = "us-east-1") -> Any:
    """Makes a client of a service that signs with a key."""
    return SDK.client(
        service,
        region_name=region,
        endpoint_url=stub.url,
        config=ONCE,
        aws_access_key_id=key.id,
        aws_secret_access_key=key.secret,
        aws_session_token=token,
    )


def session(stub: Stub, made: dict[str, Any], service: str = "sts") -> Any:
    """Makes a client that uses temporary credentials."""
    return client(stub, service, Key(made["AccessKeyId"], made["SecretAccessKey"]), made["SessionToken"])


def web_identity(stub: Stub) -> Any:
    """Makes a client of STS that signs nothing."""
    unsigned = Config(signature_version=UNSIGNED).merge(ONCE)
    return SDK.client("sts", region_name="us-east-1", endpoint_url=stub.url, config=unsigned)


def refused(call: Callable[..., Any], **parameters: object) -> tuple[int, str, str]:
    """Gives status, code and text of a call that fails."""
    with pytest.raises(ClientError) as problem:
        call(**parameters)
    answer = problem.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def code(call: Callable[..., Any], **parameters: object) -> str:
    """Gives the code of a call that fails."""
    return refused(call, **parameters)[1]


def new_key(iam: Any) -> Key:
    """Makes an access key for the caller."""
    made = iam.create_access_key()["AccessKey"]
    return Key(made["AccessKeyId"], made["SecretAccessKey"])
