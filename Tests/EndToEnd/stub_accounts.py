"""The accounts behind the tests' own IAM: users, access keys, sessions, and who a request is signed by."""

from __future__ import annotations

import base64
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from fake_keys import BASE64, Key
from stub_query import VERSIONS, Refusal

ACCOUNT = "123456789012"


@dataclass(frozen=True)
class LastUse:
    """When and for what a key was used last."""

    time: datetime
    service: str
    region: str


@dataclass
class AccessKey:
    """A long-term key of a user."""

    key: Key
    user: User
    created: datetime
    is_active: bool = True
    # For each service: whether it knows the key at the next requests that are signed with it. Then it does.
    ahead: dict[str, deque[bool]] = field(default_factory=dict)
    unknown_code: str = "InvalidClientTokenId"
    # How many more lists leave it out.
    unlisted: int = 0
    last_use: LastUse | None = None
    # Whether a test says what the last use is, which further uses then don't change.
    is_told: bool = False

    def use(self, use: LastUse) -> None:
        """Takes note of a use."""
        if not self.is_told:
            self.last_use = use


@dataclass
class Session:
    """Temporary credentials of a user."""

    key: Key
    token: str
    user: User
    has_mfa: bool
    expires: datetime


@dataclass(frozen=True)
class Caller:
    """Who signed a request: a user, by a long-term key or a session."""

    user: User
    by: AccessKey | Session

    @property
    def session(self) -> Session | None:
        return self.by if isinstance(self.by, Session) else None


@dataclass(eq=False)
class User:
    """An IAM user, or the root user of an account, whose name is empty. The tests set what it may do."""

    accounts: Accounts = field(repr=False)
    name: str
    path: str
    account: str
    id: str
    created: datetime
    # Actions of IAM that a policy denies it.
    denied: set[str] = field(default_factory=set)
    # Whether a policy denies it everything in IAM without multi-factor authentication.
    mfa_required: bool = False
    # What its device shows; each code counts once.
    mfa_codes: set[str] = field(default_factory=set)

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:" + (f"user{self.path}{self.name}" if self.name else "root")

    @property
    def mfa_serial(self) -> str:
        return f"arn:aws:iam::{self.account}:mfa/{self.name or 'root-account-mfa-device'}"

    def key(self, age: timedelta = timedelta(), is_active: bool = True) -> Key:
        """Makes an access key that every service knows at once, as the console would have long ago."""
        made = self.accounts.make_key(self, age)
        made.is_active = is_active
        return made.key


class Accounts:
    """All users and their keys. Nothing in here is locked: whoever calls it sees to that."""

    def __init__(self, seed: str) -> None:
        self._source = random.Random(seed)
        self.users: dict[tuple[str, str], User] = {}
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

    def make_session(self, user: User, has_mfa: bool, seconds: int) -> Session:
        """Makes temporary credentials."""
        token = "EXAMPLE/token/" + "".join(self._source.choices(BASE64, k=200))
        key = self._draw("ASIA", user.account)
        self.sessions[key.id] = Session(key, token, user, has_mfa, self.now() + timedelta(seconds=seconds))
        return self.sessions[key.id]

    def caller(self, key_id: str, token: str | None, service: str) -> Caller:
        """Tells who signs with a key id, as one service sees it at this request."""
        if session := self.sessions.get(key_id):
            # IAM takes a user's session only when it was made with MFA: https://github.com/99designs/aws-vault/issues/15
            if token != session.token or (service == "iam" and not session.has_mfa):
                raise unknown_key()
            if session.expires <= self.now():
                raise Refusal(403, "ExpiredToken", "The security token included in the request is expired")
            return Caller(session.user, session)
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
