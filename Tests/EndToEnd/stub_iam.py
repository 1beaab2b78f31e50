"""An HTTP IAM and STS of the tests' own, for what moto lacks: time, two-key lives, trust, faults and a log.

Signatures, inactive keys, clocks, MFA codes, roles and their chains, sessions that end, keys that aren't known yet,
lost answers, and the console's sign-in: all as AWS has them, and none of it depends on speed. `with stub_iam() as stub`
serves on a free port of the loopback, in a thread of the test's process. The other `stub_*.py` are its parts; the
`test_stub_*.py` show each of its promises.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from fake_keys import Key
from stub_accounts import ACCOUNT, SERVICES, Accounts
from stub_answering import Answering
from stub_faults import PATIENCE, Call, Fault, Hook, Kind, Log
from stub_http import Server
from stub_principals import AccessKey, AssumedRole, LastUse, Role, Session, Trusted, User
from stub_signin import SignIn


class Stub:
    """The server's address, what the tests do to its accounts, and what they learn of its calls."""

    def __init__(self, server: Server, seed: str) -> None:
        self.url = server.url
        # Waits until nothing is left to do of what callers asked that are gone.
        self.settle = server.settle
        self._accounts = Accounts(seed)
        self._log = Log()
        self._lock = threading.RLock()
        self.answering = Answering(self._accounts, self._log, self._lock)

    @property
    def faults(self) -> list[Fault]:
        """What was said to go wrong so far."""
        return self.answering.faults

    @property
    def environment(self) -> dict[str, str]:
        """What makes a program call this server."""
        names = ("IAM", "STS", "SIGNIN")
        return {f"AWS_ENDPOINT_URL_{name}": self.url for name in names}

    # What the account holds.

    def user(self, name: str, path: str = "/", account: str = ACCOUNT) -> User:
        """Makes a user, or gives the one of that name; `key()` of it makes an access key."""
        with self._lock:
            return self._accounts.user(name, path, account)

    def root(self, account: str = ACCOUNT) -> User:
        """Gives the root user of an account."""
        return self.user("", account=account)

    def role(
        self,
        name: str,
        trusted: Sequence[Trusted] = (ACCOUNT,),
        account: str = ACCOUNT,
        path: str = "/",
        partition: str = "aws",
        external_id: str | None = None,
        max_duration: int = 43200,
        requires_mfa: bool = False,
        web_identities: Sequence[str] = (),
    ) -> Role:
        """Makes a role, which trusts users, roles, whole accounts by their number, and tokens of web identities."""
        with self._lock:
            return self._accounts.make_role(
                name,
                account,
                trusted,
                path=path,
                partition=partition,
                external_id=external_id,
                max_duration=max_duration,
                requires_mfa=requires_mfa,
                web_identities=web_identities,
            )

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

    def session(self, key_id: str) -> Session:
        """Gives the session of an access key id, dead or alive, to compare with."""
        with self._lock:
            return self._accounts.sessions[key_id]

    def sign_in(self, token: str) -> SignIn:
        """Gives what a sign-in token opens the console with."""
        with self._lock:
            return self.answering.sign_ins[token]

    def kept_keys(self) -> dict[str, AccessKey]:
        """Gives all long-term keys as they are now, for `put_back`."""
        with self._lock:
            return {id: replace(key) for id, key in self._accounts.keys.items()}

    def put_back(self, keys: dict[str, AccessKey]) -> None:
        """Makes the long-term keys what they were, and forgets all calls."""
        with self._lock:
            self._accounts.keys = {id: replace(key) for id, key in keys.items()}
            self._log.forget()

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

    def revoke_sessions(self, of: User | Role) -> None:
        """Lets a policy deny the sessions so far of a user or a role all that policies rule."""
        with self._lock:
            for session in self._accounts.sessions.values():
                principal = session.principal
                if of is (principal.role if isinstance(principal, AssumedRole) else principal):
                    session.is_revoked = True

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
        seconds: float = 0.0,
    ) -> Fault:
        """Lets something go wrong with the nth call of an action from here on, and with the ones after it.

        `before` and `after` are run around its effect, in the server's thread, to kill the caller for instance. The
        action `*` is any. A slow answer takes `seconds`.
        """
        made = Fault(action, kind, nth, times, before, after, seconds)
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

    def now(self) -> datetime:
        """Gives the server's time."""
        with self._lock:
            return self._accounts.now()

    def close(self) -> None:
        """Lets go of every call that hangs."""
        for fault in self.faults:
            fault.release.set()


@contextmanager
def stub_iam(seed: str = "the accounts of the stub") -> Iterator[Stub]:
    """Serves on a free port of the loopback until the block ends."""
    server = Server()
    stub = Stub(server, seed)
    server.answer, server.now = stub.answering.answer, stub.now
    with server.serving():
        try:
            yield stub
        finally:
            stub.close()
    if stub.answering.problems:
        raise stub.answering.problems[0]
