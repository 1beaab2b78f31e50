"""Signature Version 4 as a service checks it: by hand from AWS's description, with no code of ours or of an SDK.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, unquote, urlsplit

from stub_query import Refusal, Request

ALGORITHM = "AWS4-HMAC-SHA256"
STAMP = "%Y%m%dT%H%M%SZ"
PATIENCE = timedelta(minutes=5)
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
HEADER = re.compile(
    rf"{ALGORITHM} Credential=([^/ ,]+)/(\d{{8}})/([^/ ,]+)/([^/ ,]+)/aws4_request,\s*"
    r"SignedHeaders=([^ ,]+),\s*Signature=([0-9a-f]{64})"
)


@dataclass(frozen=True)
class Signature:
    """What the Authorization header of a request claims."""

    key_id: str
    date: str
    region: str
    service: str
    headers: list[str]
    value: str
    stamp: str

    @classmethod
    def of(cls, request: Request) -> Signature:
        """Reads the claim of a request."""
        header = request.headers.get("Authorization")
        if header is None:
            raise Refusal(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        found = HEADER.fullmatch(header)
        stamp = request.headers.get("X-Amz-Date", "")
        if found is None or not re.fullmatch(r"\d{8}T\d{6}Z", stamp):
            raise Refusal(400, "IncompleteSignature", "The request signature does not conform to AWS standards.")
        key_id, date, region, service, headers, value = found.groups()
        return cls(key_id, date, region, service, headers.split(";"), value, stamp)

    def check_time(self, now: datetime) -> None:
        """Refuses what was signed more than five minutes before or after the server's time."""
        signed = datetime.strptime(self.stamp, STAMP).replace(tzinfo=timezone.utc)
        for edge, late in ((now - PATIENCE, True), (now + PATIENCE, False)):
            if signed < edge if late else signed > edge:
                what = "Signature expired" if late else "Signature not yet current"
                when = f"{'earlier' if late else 'later'} than {edge.strftime(STAMP)} ({now.strftime(STAMP)}"
                message = f"{what}: {self.stamp} is {'now' if late else 'still'} {when} {'-' if late else '+'} 5 min.)"
                raise Refusal(403, "SignatureDoesNotMatch", message)

    def check(self, request: Request, service: str, region: str | None, secret: str) -> None:
        """Refuses a signature for another service, region or day, or that the secret doesn't give."""
        unsigned = {"host", *(name.lower() for name in request.headers if name.lower().startswith("x-amz-"))}
        for wrong, message in (
            (region not in (None, self.region), "Credential should be scoped to a valid region."),
            (self.service != service, f"Credential should be scoped to correct service: '{service}'."),
            (not self.stamp.startswith(self.date), "Date in Credential scope does not match the date of the request."),
            (self.headers != sorted(self.headers), "SignedHeaders must be sorted."),
            (unsigned - set(self.headers), "Host and every X-Amz header must be a 'SignedHeader'."),
            (not hmac.compare_digest(self.value, self._computed(request, secret)), MISMATCH),
        ):
            if wrong:
                raise Refusal(403, "SignatureDoesNotMatch", message)

    def _computed(self, request: Request, secret: str) -> str:
        scope = f"{self.date}/{self.region}/{self.service}/aws4_request"
        canonical = hashlib.sha256(self._canonical(request).encode()).hexdigest()
        key = f"AWS4{secret}".encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        text = "\n".join((ALGORITHM, self.stamp, scope, canonical))
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    def _canonical(self, request: Request) -> str:
        address = urlsplit(request.target)
        pairs = (pair.partition("=") for pair in address.query.split("&") if pair)
        encoded = sorted((_encoded(unquote(name)), _encoded(unquote(value))) for name, _, value in pairs)
        query = "&".join(f"{name}={value}" for name, value in encoded)
        lines = [request.method, quote(address.path, safe="/-_.~"), query]
        for name in self.headers:
            lines.append(f"{name}:" + ",".join(" ".join(each.split()) for each in request.headers.get_all(name, [])))
        return "\n".join((*lines, "", ";".join(self.headers), hashlib.sha256(request.body).hexdigest()))


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
