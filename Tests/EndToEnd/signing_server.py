"""A local endpoint that says which access key a request was signed with.

It answers `AssumeRole` with keys whose id names the key that signed the call, so that a role profile shows which key it
stands on (with a web identity, nobody signs: `anonymous`); and any S3 listing with an empty one, remembering the key by the bucket's name. Signatures aren't checked
here: `moto_server.py` does that.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ASSUMED = """<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/example/s</Arn><AssumedRoleId>AROAEXAMPLE:s</AssumedRoleId>
</AssumedRoleUser><Credentials><AccessKeyId>ASSUMED-BY-{key}</AccessKeyId>
<SecretAccessKey>EXAMPLE-of-a-role</SecretAccessKey><SessionToken>EXAMPLE-token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></{action}Result>
<ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata></{action}Response>"""
LISTING = """<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><KeyCount>0</KeyCount>
<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>"""


class SigningServer:
    """The endpoint's address, and the key id that each bucket was asked for with."""

    def __init__(self, url: str, signers: dict[str, str]) -> None:
        self.url = url
        self.signers = signers


class _Handler(BaseHTTPRequestHandler):
    signers: dict[str, str]

    def _answer(self) -> None:
        asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        action = "AssumeRoleWithWebIdentity" if b"Action=AssumeRoleWithWebIdentity" in asked else "AssumeRole"
        signed = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", ""))
        key = signed[1] if signed else "anonymous"
        bucket = self.path.lstrip("/").split("?")[0].split("/")[0]
        if bucket:
            self.signers[bucket] = key
        body = (LISTING if bucket else ASSUMED.format(key=key, action=action)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_HEAD = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the tests' output to what the tests say."""


@contextmanager
def signing_server() -> Iterator[SigningServer]:
    """Serves on a free port of the loopback until the block ends."""
    signers: dict[str, str] = {}
    handler = type("Handler", (_Handler,), {"signers": signers})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield SigningServer(f"http://127.0.0.1:{server.server_address[1]}", signers)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
