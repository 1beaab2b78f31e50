"""An HTTP IAM and STS of the tests' own, for what moto lacks: time, two-key lives, faults and a log.

Signatures, inactive keys, clocks, MFA codes, new keys that aren't known yet, lost answers: all as AWS has them, and
none of it depends on speed. `with stub_iam() as stub` serves on a free port of the loopback, in a thread of the
test's process. The other `stub_*.py` are its parts; the `test_stub_*.py` show each of its promises.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import stub_actions
from fake_keys import Key
from stub_accounts import ACCOUNT, SERVICES, Accounts, LastUse, User
from stub_faults import FOREVER, PAGE, PATIENCE, UNDONE, Call, Fault, Hook, Kind, Log, internal_error
from stub_http import Server
from stub_query import Answer, Refusal, Request, refused, result
from stub_signature import Signature

# Who answers what no service understands.
ANYBODY = "iam"


class Stub:
    """The server's address, what the tests do to its accounts, and what they learn of its calls."""

    def __init__(self, url: str, seed: str) -> None:
        self.url = url
        self.faults: list[Fault] = []
        # What went wrong in the server itself or in a hook; `stub_iam` raises it at its end.
        self.problems: list[Exception] = []
        self._accounts = Accounts(seed)
        self._log = Log()
        self._lock = threading.RLock()

    @property
    def environment(self) -> dict[str, str]:
        """What makes a program call this server."""
        return {"AWS_ENDPOINT_URL_IAM": self.url, "AWS_ENDPOINT_URL_STS": self.url}

    # What the account holds.

    def user(self, name: str, path: str = "/", account: str = ACCOUNT) -> User:
        """Makes a user, or gives the one of that name; `key()` of it makes an access key."""
        with self._lock:
            return self._accounts.user(name, path, account)

    def root(self, account: str = ACCOUNT) -> User:
        """Gives the root user of an account."""
        return self.user("", account=account)

    def keys(self, user: User) -> dict[str, str]:
        """Gives the ids of a user's keys, in the order in which they were made, with `Active` or `Inactive`."""
        with self._lock:
            return {each.key.id: "Active" if each.is_active else "Inactive" for each in self._accounts.keys_of(user)}

    def key(self, key_id: str) -> Key:
        """Gives a long-term key with its secret, to compare with."""
        with self._lock:
            return self._accounts.keys[key_id].key

    def works(self, key_id: str) -> bool:
        """Tells whether requests may be signed with a long-term key, once every service knows it."""
        with self._lock:
            return key_id in self._accounts.keys and self._accounts.keys[key_id].is_active

    def last_use(self, key_id: str) -> LastUse | None:
        """Gives the last use of a key as recorded, or as told."""
        with self._lock:
            return self._accounts.keys[key_id].last_use

    # What a test sets.

    def set_last_use(
        self, key_id: str, time: datetime | None, service: str = "s3", region: str = "eu-central-1"
    ) -> None:
        """Says when a key was used last, `None` for never; uses from here on don't change it."""
        with self._lock:
            key = self._accounts.keys[key_id]
            key.last_use = LastUse(time, service, region) if time else None
            key.is_told = True

    def set_clock(self, offset: timedelta) -> None:
        """Puts the server's clock ahead of the real one."""
        with self._lock:
            self._accounts.clock_offset = offset

    def expire_sessions(self) -> None:
        """Ends the life of all sessions so far."""
        with self._lock:
            for session in self._accounts.sessions.values():
                session.expires = self._accounts.now()

    def set_page_size(self, size: int) -> None:
        """Says how many keys ListAccessKeys gives at once."""
        with self._lock:
            self._accounts.page_size = size

    def propagate(
        self,
        known: int | Sequence[bool],
        services: Sequence[str] = SERVICES,
        code: str = "InvalidClientTokenId",
        unlisted: int = 0,
    ) -> None:
        """Says how keys that CreateAccessKey makes from here on become known, to each service by itself.

        Either after a number of requests that were signed with one, or by a pattern: at the first request, at the
        second, ... After it, they are known. The first `unlisted` lists leave them out.
        """
        with self._lock:
            self._accounts.propagate([False] * known if isinstance(known, int) else known, services, code, unlisted)

    def fault(
        self,
        action: str,
        kind: Kind = "none",
        nth: int = 1,
        times: int = 1,
        before: Hook | None = None,
        after: Hook | None = None,
    ) -> Fault:
        """Lets something go wrong with the nth call of an action from here on, and with the ones after it.

        `before` and `after` are run around its effect, in the server's thread, to kill the caller for instance. The
        action `*` is any.
        """
        made = Fault(action, kind, nth, times, before, after)
        with self._lock:
            self.faults.append(made)
        return made

    # What a test learns.

    def calls(self, action: str = "*") -> list[Call]:
        """Gives the calls so far, or those of one action, in the order in which they came."""
        return self._log.calls(action)

    @property
    def actions(self) -> list[str]:
        """The names of the calls so far."""
        return [call.action for call in self.calls()]

    def wait_for(self, action: str, count: int = 1, timeout: float = PATIENCE) -> list[Call]:
        """Waits until that many calls of an action have had their effect, or hang, and gives them."""
        return self._log.wait_for(action, count, timeout)

    # How a request is answered.

    def answer(self, request: Request) -> Answer | None:
        """Answers a request; `None` closes the connection instead."""
        request_id = str(uuid.uuid4())
        call, fault = self._take(request)
        try:
            if fault.before:
                fault.before(call)
            answer = None if fault.kind in UNDONE else self._do(call, fault, request, request_id)
            if fault.after:
                fault.after(call)
            answer = self._spoil(answer, call, fault, request_id)
        except Exception as problem:
            self.problems.append(problem)
            raise
        finally:
            self._log.settle(call)
            fault.met.set()
        if fault.kind in ("hang", "hang_after"):
            fault.release.wait()
        return answer

    def close(self) -> None:
        """Lets go of every call that hangs."""
        for fault in self.faults:
            fault.release.set()

    def now(self) -> datetime:
        """Gives the server's time."""
        with self._lock:
            return self._accounts.now()

    def _take(self, request: Request) -> tuple[Call, Fault]:
        parameters = request.parameters
        action = parameters.pop("Action", "")
        with self._lock:
            try:
                claim = Signature.of(request)
                key_id, service, region = claim.key_id, claim.service, claim.region
            except Refusal:
                key_id = service = region = ""
            call = Call(0, action, key_id, parameters, service, region, self._accounts.now())
            self._log.add(call)
            striking = [fault for fault in self.faults if fault.strikes(call)]
            fault = striking[0] if striking else Fault(action, "none", 1, FOREVER, None, None)
            call.fault = fault.kind
            return call, fault

    def _do(self, call: Call, fault: Fault, request: Request, request_id: str) -> Answer:
        service = ANYBODY
        try:
            service = stub_actions.service_of({"Action": call.action, **call.parameters})
            if refusal := fault.refusal(service):
                raise refusal
            with self._lock:
                turn = self._authenticated(call, service, request)
                if fault.kind == "deny":
                    raise stub_actions.denied(turn.caller, f"{service}:{call.action}", "*")
                tree = stub_actions.do(turn)
            call.is_done, call.status = True, 200
            return result(service, call.action, tree, request_id)
        except Refusal as refusal:
            call.status, call.code = refusal.status, refusal.code
            return refused(service, refusal, request_id)

    def _authenticated(self, call: Call, service: str, request: Request) -> stub_actions.Turn:
        claim = Signature.of(request)
        claim.check_time(self._accounts.now())
        caller = self._accounts.caller(claim.key_id, request.headers.get("X-Amz-Security-Token"), service)
        claim.check(request, service, "us-east-1" if service == "iam" else None, caller.by.key.secret)
        if not caller.session:
            self._accounts.keys[claim.key_id].use(LastUse(self._accounts.now(), service, claim.region))
        return stub_actions.Turn(self._accounts, caller, call.action, call.parameters)

    def _spoil(self, answer: Answer | None, call: Call, fault: Fault, request_id: str) -> Answer | None:
        if fault.kind in UNDONE or fault.kind == "lose":
            call.status, call.code = 0, ""
            return None
        if fault.kind == "error500_after":
            refusal = internal_error(call.service or ANYBODY)
            call.status, call.code = refusal.status, refusal.code
            return refused(call.service or ANYBODY, refusal, request_id)
        if fault.kind == "garble":
            call.status, call.code = PAGE.status, ""
            return PAGE
        return answer


@contextmanager
def stub_iam(seed: str = "the accounts of the stub") -> Iterator[Stub]:
    """Serves on a free port of the loopback until the block ends."""
    server = Server()
    stub = Stub(server.url, seed)
    server.answer, server.now = stub.answer, stub.now
    with server.serving():
        try:
            yield stub
        finally:
            stub.close()
    if stub.problems:
        raise stub.problems[0]
