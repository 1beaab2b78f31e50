"""What an MFA device shows: the codes of RFC 6238 for a seed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

# Seconds that a code is shown for, and how many digits AWS's virtual devices have.
STEP = 30
DIGITS = 6


def totp(seed: str, time: datetime, digits: int = DIGITS) -> str:
    """Gives the code that a device with a base32 seed shows at a time: HMAC-SHA-1, RFC 6238 and RFC 4226."""
    return hotp(seed, int(time.timestamp()) // STEP, digits)


def hotp(seed: str, counter: int, digits: int = DIGITS) -> str:
    """Gives the code of a counter."""
    key = base64.b32decode(seed.upper().replace(" ", "") + "=" * (-len(seed.replace(" ", "")) % 8))
    digest = hmac.new(key, counter.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def counter_of(seed: str, code: str, now: datetime) -> int | None:
    """Tells the counter that a code is of. The device's clock may be one step before or after the server's."""
    current = int(now.timestamp()) // STEP
    for counter in (current, current - 1, current + 1):
        if hmac.compare_digest(hotp(seed, counter), code):
            return counter
    return None
