"""A pseudo-terminal with a program on it, and a person who reads and types."""

from __future__ import annotations

import os
import termios
from pathlib import Path

import pexpect

from home import Home

SECRET_ASKED = r"(?i)(?:passphrase|secret access key|once more|again)[^\r\n]*[:?] ?$"
ID_ASKED = r"(?i)access key id[^\r\n]*[:?] ?$"
YES_OR_NO = r"\[[yY]/[nN]\][^\r\n]*$"


class Terminal:
    """A program on a pseudo-terminal, and everything that was to be seen there."""

    def __init__(
        self,
        home: Home,
        *arguments: str,
        program: str = "awskeys",
        stdout: Path | None = None,
        through: tuple[str, ...] = (),
    ) -> None:
        """Starts it there. `through`: a command that is given the program's command line to run."""
        argv = [*through, str(home.folder / program), *arguments]
        if stdout:
            argv = ["/bin/sh", "-c", 'exec "$0" "$@" > "$OUT"', *argv]
        env = home.env | {"TERM": "dumb", "OUT": str(stdout)}
        self.child = pexpect.spawn(
            argv[0], argv[1:], env=env, encoding="utf-8", timeout=30, dimensions=(50, 200), cwd=str(home.path)
        )
        self.after: list | None = None
        self.before = termios.tcgetattr(self.child.child_fd)
        self.seen = ""

    def wait_for(self, *patterns: str) -> int:
        """Waits for one of the patterns, and gives its number; the end of the program is a failure."""
        number = self.child.expect([*patterns, pexpect.EOF])
        self.seen += self.child.before + (self.child.after if isinstance(self.child.after, str) else "")
        assert number < len(patterns), self.seen
        return number

    def type_unseen(self, text: str) -> None:
        """Types a secret, once the terminal has stopped showing what is typed."""
        assert self.child.waitnoecho(timeout=10), f"the terminal shows what is typed: {self.seen}"
        self.child.sendline(text)

    def interrupt(self) -> None:
        """Presses ctrl-c at a prompt that was seen, once, and waits for the program's end.

        `readpassphrase` shows the prompt a moment before it waits for a key, and a signal in between is lost on it.
        """
        status = Path(f"/proc/{self.child.pid}/stat")
        while status.read_text().rpartition(")")[2].split()[0] != "S":
            os.sched_yield()
        self.child.sendintr()
        self.child.expect(pexpect.EOF)

    @property
    def restored(self) -> bool:
        """Whether the line settings, which the master side sees too, are those of before."""
        return self.before == (self.after or termios.tcgetattr(self.child.child_fd))

    def ends(self) -> int:
        """Waits for the program's end, and gives its status."""
        self.seen += self.child.read()
        self.after = termios.tcgetattr(self.child.child_fd)
        self.child.close()
        return self.child.exitstatus if self.child.exitstatus is not None else -self.child.signalstatus

    def answers(self, secrets: list[str], yes_or_no: dict[str, str]) -> int:
        """Answers whatever is asked: secrets in turn, questions by a word in them; gives the status at the end.

        A question whose words match nothing is answered with yes, but for the offer to rotate, which needs AWS.
        """
        secrets = list(secrets)
        while True:
            number = self.child.expect([SECRET_ASKED, YES_OR_NO, pexpect.EOF])
            self.seen += self.child.before + (self.child.after if isinstance(self.child.after, str) else "")
            if number == 0:
                assert secrets, f"asked once more: {self.seen}"
                self.type_unseen(secrets.pop(0))
            elif number == 1:
                question = self.seen.rstrip().splitlines()[-1].lower()
                usual = "n" if "in iam now" in question else "y"
                self.child.sendline(next((yes_or_no[word] for word in yes_or_no if word in question), usual))
            else:
                assert not secrets, f"asked too little: {self.seen}"
                return self.ends()
