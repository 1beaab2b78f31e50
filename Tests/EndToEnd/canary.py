"""Looks for secrets where none may be: any run of 8 bytes, plain, in base64 at any alignment, or in hex."""

from __future__ import annotations

import base64
from collections.abc import Iterable

RUN = 8
MARK = b"EXAMPLE"


def _runs(text: bytes, length: int) -> set[bytes]:
    return {text[at : at + length] for at in range(len(text) - length + 1)}


def traces(secret: str) -> set[bytes]:
    """Gives every byte string that would give away eight bytes of the secret or more.

    The mark that says a key is fake isn't secret, so that what holds it counts only with bytes beside it: eight bytes
    hold one of them at least.
    """
    plain = secret.encode()
    assert len(plain) >= 2 * RUN
    found = _runs(plain, RUN)
    for run in _runs(plain, RUN):
        found |= {run.hex().encode(), run.hex().upper().encode()}
    # Three bytes are four characters: 10 of them that lie within the secret at each alignment hold 7.5 bytes of it.
    for padding in range(3):
        for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = alphabet(b"\0" * padding + plain).rstrip(b"=")
            inner = encoded[(padding * 8 + 5) // 6 : len(encoded) - 1]
            found |= _runs(inner, 11)
    return found


def secrets_in(places: Iterable[tuple[str, bytes]], secrets: Iterable[str]) -> list[str]:
    """Names every place that holds a trace of a secret."""
    wanted = [(secret, traces(secret)) for secret in secrets]
    found = []
    for place, content in places:
        for secret, runs in wanted:
            # A set of the content's own runs makes this one pass a length, however many secrets there are.
            if any(_runs(content, length) & runs for length in {len(run) for run in runs}):
                found.append(f"{place}: {secret}")
    return found
