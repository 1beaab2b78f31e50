"""The same as resolve_boto3.py for AWS CLI v2, which has a botocore of its own. It runs in the Python that has the CLI.

That of Debian 12 (2.9) knows no AWS_ENDPOINT_URL_STS, so that roles would go to AWS: it must not be asked for them.
"""

from __future__ import annotations

import importlib
import sys

for module in ("", ".exceptions", ".session"):
    sys.modules["botocore" + module] = importlib.import_module("awscli.botocore" + module)

import resolve_boto3  # noqa: E402

if __name__ == "__main__":
    resolve_boto3.main()
