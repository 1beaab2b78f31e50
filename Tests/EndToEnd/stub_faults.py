"""What goes wrong on purpose at the tests' own IAM, and the log of all calls."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Optional

from stub_query import Answer, Refusal

# How long a test waits for what should take milliseconds.
PATIENCE = 60.0
FOREVER = 1 << 62

Kind = Literal[
    "none",  # the call goes well: for hooks
    "throttle",  # 400 Throttling, nothing is done
    "deny",  # 403 AccessDenied to whoever signs rightly, nothing is done
    "error500",  # 500, nothing is done
    "error500_after",  # it is done, and 500 all the same
    "drop",  # the connection is closed, nothing is done
    "lose",  # it is done, and the connection is closed without an answer
    "hang",  # no answer until released, then the connection is closed; nothing is done
    "hang_after",  # it is done at once, and answered when released
    "slow",  # it is done at once, and answered after some seconds, or when released
    "garble",  # it is done, and answered by somebody else's web page
]
UNDONE = {"drop", "hang"}

PAGE = Answer(200, b"<!DOCTYPE html>\n<html><body>Please log in.<br></body></html>\n", {"Content-Type": "text/html"})


@dataclass
class Call:
    """A call as it came, and what became of it."""

    number: int
    action: str
    # The id that it was signed with; nothing where nobody signs.
    key_id: str
    parameters: dict[str, str]
    service: str
    region: str
    # The server's time.
    time: datetime
    # Who signed it, as `Caller.signer` has it, once the signature was found right.
    signer: str = ""
    # Whether it was done, whatever the caller was told.
    is_done: bool = False
    # What the caller was told: 0 is no answer.
    status: int = 0
    code: str = ""
    fault: Kind = "none"
    # Whether nothing more happens on the server but the answer.
    is_settled: bool = False


Hook = Callable[[Call], object]


@dataclass(eq=False)
class Fault:
    """What goes wrong with the nth call of an action, counted from 1 from here on, and the ones after it."""

    action: str
    kind: Kind
    nth: int
    times: int
    # Run in the server's thread, before and after the call has its effect.
    before: Optional[Hook]
    after: Optional[Hook]
    # How slow a slow answer is.
    seconds: float = 0.0
    # Set when a call has met with it; a hanging one goes on when `release` is set.
    met: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)
    _seen: int = 0

    def strikes(self, call: Call) -> bool:
        """Counts a call, and tells whether it is one of those."""
        if self.action not in (call.action, "*"):
            return False
        self._seen += 1
        return self.nth <= self._seen < self.nth + self.times

    def refusal(self, service: str) -> Refusal | None:
        """What is said instead of the call being done."""
        if self.kind == "throttle":
            return Refusal(400, "Throttling", "Rate exceeded")
        return internal_error(service) if self.kind == "error500" else None

    def hold(self) -> None:
        """Holds back an answer that hangs or is slow."""
        if self.kind in ("hang", "hang_after"):
            self.release.wait()
        elif self.kind == "slow":
            self.release.wait(self.seconds)


def internal_error(service: str) -> Refusal:
    """What a service says when it doesn't know itself."""
    code = "ServiceFailure" if service == "iam" else "InternalFailure"
    return Refusal(500, code, "The request processing has failed because of an unknown error")


class Log:
    """All calls, in the order in which they came."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._settled = threading.Condition()

    def add(self, call: Call) -> None:
        """Takes a call as it comes."""
        with self._settled:
            self._calls.append(call)
            call.number = len(self._calls)

    def settle(self, call: Call) -> None:
        """Takes note that a call has had its effect, if any."""
        with self._settled:
            call.is_settled = True
            self._settled.notify_all()

    def forget(self) -> None:
        """Begins anew."""
        with self._settled:
            self._calls.clear()

    def calls(self, action: str = "*") -> list[Call]:
        """The calls so far, or those of one action."""
        with self._settled:
            return [call for call in self._calls if action in (call.action, "*")]

    def wait_for(self, action: str, count: int, timeout: float) -> list[Call]:
        """Waits until that many calls of an action are settled, and gives those."""

        def found() -> list[Call]:
            return [call for call in self._calls if call.is_settled and action in (call.action, "*")]

        with self._settled:
            if not self._settled.wait_for(lambda: len(found()) >= count, timeout):
                raise AssertionError(f"{count} calls of {action} were expected, and these came: {self._calls}")
            return found()
