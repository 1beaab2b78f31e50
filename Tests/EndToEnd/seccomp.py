"""Runs a command where the kernel refuses keys, as Docker's default seccomp profile has it.

    python seccomp.py -- COMMAND [ARGUMENT]...

`add_key`, `request_key` and `keyctl` fail with EPERM, for the command and all that it starts; all else is allowed.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from typing import NoReturn

# The machine's name in linux/audit.h, and its numbers of add_key, request_key and keyctl.
MACHINES = {"x86_64": (0xC000003E, (248, 249, 250)), "aarch64": (0xC00000B7, (217, 218, 219))}

# prctl(2) and linux/seccomp.h.
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
REFUSE, ALLOW = 0x00050000 | errno.EPERM, 0x7FFF0000

# Classic BPF (linux/filter.h): load a word of seccomp_data, jump if equal, return.
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
NUMBER_AT, ARCHITECTURE_AT = 0, 4


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def _filter() -> list[bytes]:
    architecture, calls = MACHINES[platform.machine()]
    steps = [(LOAD, 0, 0, ARCHITECTURE_AT), (JUMP_IF_EQUAL, 0, len(calls) + 1, architecture), (LOAD, 0, 0, NUMBER_AT)]
    # Each jump goes over the comparisons that are left and over the way out.
    steps += [(JUMP_IF_EQUAL, len(calls) - place, 0, call) for place, call in enumerate(calls)]
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    return [struct.pack("HBBI", *step) for step in steps]


def refuse_keys() -> None:
    """Puts the filter on this process, for good."""
    libc = ctypes.CDLL(None, use_errno=True)
    steps = _filter()
    program = _Program(len(steps), b"".join(steps))
    for call in (
        (PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)),
        (PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), ctypes.byref(program)),
    ):
        if libc.prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def without_keys(*argv: str) -> list[str]:
    """Gives the command line that runs a command so."""
    return [sys.executable, __file__, "--", *argv]


def main() -> NoReturn:
    refuse_keys()
    argv = sys.argv[sys.argv.index("--") + 1 :]
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    main()
