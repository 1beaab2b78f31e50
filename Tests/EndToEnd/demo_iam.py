"""An IAM for `make demo`: serves until standard input ends, with a user whose key it writes as a profile's lines."""

from __future__ import annotations

import sys
from pathlib import Path

from moto_server import moto_server


def main() -> None:
    """Prints the address, once there is a key in the file that is named."""
    file = Path(sys.argv[1])
    with moto_server(file.parent) as moto:
        file.write_text(f"[dev]\n{moto.user_with_key('ann').lines()}")
        print(moto.url, flush=True)
        sys.stdin.read()


main()
