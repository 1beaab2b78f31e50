"""Counts what is dear: runs of Argon2, and calls to the Secret Service."""

from __future__ import annotations

import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jeepney import DBusAddress, HeaderFields, MessageType, message_bus, new_method_call, new_signal
from jeepney.io.blocking import DBusConnection, open_dbus_connection

# Stands before libsodium's function, notes the process in the file that the environment names, and calls it.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef int Function(
    unsigned char *, unsigned long long, const char *, unsigned long long, const unsigned char *, unsigned long long,
    size_t, int);

int crypto_pwhash_argon2id(
    unsigned char *out, unsigned long long outlen, const char *passwd, unsigned long long passwdlen,
    const unsigned char *salt, unsigned long long opslimit, size_t memlimit, int alg)
{
    Function *real = (Function *) dlsym(RTLD_NEXT, "crypto_pwhash_argon2id");
    const char *path = getenv("ARGON2_RUNS");
    int file = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (file >= 0) {
        dprintf(file, "%ld\n", (long) getpid());
        close(file);
    }
    return real(out, outlen, passwd, passwdlen, salt, opslimit, memlimit, alg);
}
"""


@dataclass(frozen=True)
class Argon2Runs:
    """How often, and by whom, a passphrase was turned into a key in an environment."""

    shim: Path
    file: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to be counted."""
        return {"LD_PRELOAD": str(self.shim), "ARGON2_RUNS": str(self.file)}

    @property
    def pids(self) -> list[int]:
        """The process of each run so far."""
        return [int(line) for line in self.file.read_text().split()] if self.file.exists() else []

    def forget(self) -> None:
        """Begins anew."""
        self.file.unlink(missing_ok=True)


def build_shim(folder: Path) -> Path:
    """Compiles the shim."""
    source, shim = folder / "argon2_runs.c", folder / "argon2_runs.so"
    source.write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", shim, source, "-ldl"], check=True)
    return shim


MONITORING = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus.Monitoring")
MARK = DBusAddress("/mark", interface="org.example.Mark")


@dataclass
class SecretServiceCalls:
    """The method calls that went to the Secret Service on a bus: who called what, in the order in which they came."""

    bus: str
    calls: list[tuple[str, str]] = field(default_factory=list)
    _passed: threading.Event = field(default_factory=threading.Event)

    def _listen(self, connection: DBusConnection) -> None:
        # Each mark is a signal of ours that has come through the bus behind all calls before it.
        while True:
            try:
                message = connection.receive()
            except OSError:
                return
            fields = message.header.fields
            path = str(fields.get(HeaderFields.path, ""))
            if path == MARK.object_path:
                if str(fields.get(HeaderFields.member)) == "End":
                    return
                self._passed.set()
            elif message.header.message_type is MessageType.method_call and path.startswith("/org/freedesktop/secrets"):
                self.calls.append((str(fields.get(HeaderFields.sender)), str(fields.get(HeaderFields.member))))

    def _mark(self, member: str) -> None:
        with open_dbus_connection(self.bus) as connection:
            connection.send(new_signal(MARK, member))
            # The bus has sent the signal on once it answers what came after it.
            connection.send_and_get_reply(message_bus.GetId(), timeout=10)

    def so_far(self) -> list[tuple[str, str]]:
        """All calls until now: nothing that the bus has passed on is missing."""
        self._passed.clear()
        self._mark("Mark")
        assert self._passed.wait(10)
        return list(self.calls)

    def members(self) -> Counter[str]:
        """How often each method was called."""
        return Counter(member for _, member in self.so_far())

    def senders(self, member: str) -> set[str]:
        """Who called a method; each process has a name of its own on the bus."""
        return {sender for sender, called in self.so_far() if called == member}


@contextmanager
def secret_service_calls(bus: str) -> Iterator[SecretServiceCalls]:
    """Watches a bus until the block ends."""
    counted = SecretServiceCalls(bus)
    with open_dbus_connection(bus) as connection:
        call = new_method_call(MONITORING, "BecomeMonitor", "asu", ([], 0))
        reply = connection.send_and_get_reply(call, timeout=10)
        assert reply.header.message_type is MessageType.method_return, reply.body
        listener = threading.Thread(target=counted._listen, args=[connection], daemon=True)
        listener.start()
        try:
            yield counted
        finally:
            counted._mark("End")
            listener.join(timeout=10)
