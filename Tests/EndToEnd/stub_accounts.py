"""The accounts behind the tests' own IAM and STS: users, roles, access keys, sessions, and whose a signature is."""

from __future__ import annotations

import base64
import random
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from fake_keys import BASE64, Key
from stub_principals import AccessKey, Caller, Principal, Role, Session, Trusted, User
from stub_query import VERSIONS, Refusal

ACCOUNT = "123456789012"


class Accounts:
    """All users and roles and their keys. Nothing in here is locked: whoever calls it sees to that."""

    def __init__(self, seed: str) -> None:
        self._source = random.Random(seed)
        self.users: dict[tuple[str, str], User] = {}
        self.roles: dict[str, Role] = {}
        self.keys: dict[str, AccessKey] = {}
        self.sessions: dict[str, Session] = {}
        self.clock_offset = timedelta()
        self.page_size = 100
        self._ahead: dict[str, list[bool]] = {}
        self._unknown_code = ""
        self._unlisted = 0

    def now(self) -> datetime:
        """The server's time."""
        return datetime.now(timezone.utc) + self.clock_offset

    def user(self, name: str, path: str, account: str) -> User:
        """Makes a user, or gives the one of that name."""
        if (account, name) not in self.users:
            id = f"AIDA{self._shape(account)}" if name else account
            self.users[account, name] = User(self, name, path, account, id, self.now())
        return self.users[account, name]

    def make_role(self, name: str, account: str, trusted: Sequence[Trusted], **how: object) -> Role:
        """Makes a role."""
        id = f"AROA{self._shape(account)}"
        made = Role(name=name, account=account, id=id, trusted=trusted, **how)  # type: ignore[arg-type]
        self.roles[made.arn] = made
        return made

    def keys_of(self, user: User) -> list[AccessKey]:
        """The keys of a user, in the order in which they were made."""
        return [key for key in self.keys.values() if key.user is user]

    def listed_keys_of(self, user: User) -> list[AccessKey]:
        """The keys of a user that this list knows of."""
        found = []
        for key in self.keys_of(user):
            if key.unlisted:
                key.unlisted -= 1
            else:
                found.append(key)
        return found

    def propagate(self, pattern: Sequence[bool], services: Sequence[str], code: str, unlisted: int) -> None:
        """Says which of the first requests signed with a key that is made from now on find it known."""
        self._ahead |= {service: list(pattern) for service in services}
        self._unknown_code = code
        self._unlisted = unlisted

    def make_key(self, user: User, age: timedelta = timedelta()) -> AccessKey:
        """Makes a key that is known at once."""
        made = AccessKey(self._draw("AKIA", user.account), user, self.now() - age)
        self.keys[made.key.id] = made
        return made

    def make_spreading_key(self, user: User) -> AccessKey:
        """Makes a key that is known when `propagate` says so."""
        made = self.make_key(user)
        made.ahead = {service: deque(pattern) for service, pattern in self._ahead.items()}
        made.unknown_code = self._unknown_code
        made.unlisted = self._unlisted
        return made

    def make_session(self, principal: Principal, has_mfa: bool, seconds: float, made_by: str) -> Session:
        """Makes temporary credentials."""
        token = "EXAMPLE/token/" + "".join(self._source.choices(BASE64, k=200))
        key = self._draw("ASIA", principal.account)
        expires = self.now() + timedelta(seconds=seconds)
        self.sessions[key.id] = Session(key, token, principal, has_mfa, expires, made_by)
        return self.sessions[key.id]

    def session(self, key_id: str, token: str | None) -> Session:
        """Gives the session that a key id and a token are of, while it lives."""
        session = self.sessions.get(key_id)
        if session is None or token != session.token:
            raise unknown_key()
        if session.expires <= self.now():
            raise Refusal(403, "ExpiredToken", "The security token included in the request is expired")
        return session

    def caller(self, key_id: str, token: str | None, service: str) -> Caller:
        """Tells who signs with a key id, as one service sees it at this request."""
        if key_id in self.sessions:
            # IAM takes a user's session only when it was made with MFA:
            # https://github.com/99designs/aws-vault/issues/15
            session = self.sessions[key_id]
            if service == "iam" and isinstance(session.principal, User) and not session.has_mfa:
                raise unknown_key()
            session = self.session(key_id, token)
            return Caller(session.principal, session)
        key = self.keys.get(key_id)
        if key is None or token is not None:
            raise unknown_key()
        ahead = key.ahead.get(service)
        if ahead and not ahead.popleft():
            raise unknown_key(key.unknown_code)
        if not key.is_active:
            raise unknown_key()
        return Caller(key.user, key)

    def _draw(self, prefix: str, account: str) -> Key:
        """Draws a key that looks like AWS's, but for the beginning of its secret."""
        secret = "EXAMPLE" + "".join(self._source.choices(BASE64, k=33))
        return Key(prefix + self._shape(account), secret)

    def _shape(self, account: str) -> str:
        """Draws 16 characters of A-Z2-7 that hold the account as those of real keys do."""
        drawn = self._source.getrandbits(32 + 7)
        number = 1 << 79 | int(account) << 39 | drawn
        return base64.b32encode(number.to_bytes(10, "big")).decode()


def unknown_key(code: str = "InvalidClientTokenId") -> Refusal:
    """What a service says to a key that it doesn't know, not yet or not any more."""
    return Refusal(403, code, "The security token included in the request is invalid.")


SERVICES = tuple(VERSIONS)
