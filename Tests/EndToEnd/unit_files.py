"""Unit files of systemd's in a scratch home, and who judges them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

import programs
from home import Home

ANALYZE = shutil.which("systemd-analyze")


def units(home: Home) -> Path:
    """The folder of the user's units."""
    return Path(home.env.get("XDG_CONFIG_HOME") or home.path / ".config") / "systemd/user"


def fake_systemctl(home: Home, status: int) -> Path:
    """Puts a systemctl before the real one, which keeps what it was told; the real one would find no manager here."""
    folder = home.path.with_name("bin")
    folder.mkdir()
    log = folder / "told"
    script = folder / "systemctl"
    script.write_text(f'#!/bin/sh\necho "$@" >> "{log}"\nexit {status}\n')
    script.chmod(0o755)
    home.env["PATH"] = f"{folder}:{home.env['PATH']}"
    return log


def settings(unit: Path, name: str) -> list[str]:
    """Gives the values of a setting of a unit file."""
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)


def assert_verified(home: Home, names: Iterable[str]) -> None:
    """Asserts that systemd has nothing to say against the units."""
    if ANALYZE is None:
        pytest.skip("systemd-analyze isn't there to judge unit files")
    argv = [ANALYZE, "verify", "--user", "--man=no", *[str(units(home) / name) for name in names]]
    result = programs.run(argv, home.env)
    about_ours = [line for line in (result.stdout + result.stderr).splitlines() if "awskeys" in line]
    assert (result.status, about_ours) == (0, []), result
