"""Pauses that take no time: a rotation waits some ten seconds, however quick the tests' own IAM is."""

from __future__ import annotations

import subprocess
from pathlib import Path

# Puts the process's clocks on instead of waiting.
SHIM = r"""
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static _Atomic long slept;

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int) syscall(SYS_clock_gettime, clock, now);
    long nanoseconds = now->tv_nsec + slept % 1000000000;
    now->tv_sec += slept / 1000000000 + nanoseconds / 1000000000;
    now->tv_nsec = nanoseconds % 1000000000;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;
    int result = clock_gettime(CLOCK_REALTIME, &exact);
    (void) zone;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return result;
}

time_t time(time_t *now)
{
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    return now ? (*now = exact.tv_sec) : exact.tv_sec;
}

int nanosleep(const struct timespec *duration, struct timespec *rest)
{
    (void) rest;
    slept += duration->tv_sec * 1000000000 + duration->tv_nsec;
    return 0;
}

unsigned sleep(unsigned seconds)
{
    slept += seconds * 1000000000L;
    return 0;
}
"""


def sleepless(folder: Path) -> dict[str, str]:
    """Compiles a library that stands before libc's functions, and gives the environment that brings it in."""
    source, shim = folder / "sleepless.c", folder / "sleepless.so"
    source.write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", shim, source], check=True)
    return {"LD_PRELOAD": str(shim)}
