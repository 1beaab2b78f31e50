"""Lets a program believe that it is later or earlier than it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

# Stands before the C library's function; only the time of day is another one.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *time)
{
    int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, time);
    const char *shift = getenv("CLOCK_SHIFT");
    if (clock == CLOCK_REALTIME && shift) time->tv_sec += atol(shift);
    return result;
}
"""


def shifted_clock(folder: Path, seconds: int) -> dict[str, str]:
    """Compiles the shim into a folder, and gives what a program needs in its environment."""
    source, shim = folder / "clock_shift.c", folder / "clock_shift.so"
    source.write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", shim, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(shim), "CLOCK_SHIFT": str(seconds)}
