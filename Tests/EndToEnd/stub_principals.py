"""Who there is at the tests' own IAM and STS: users, roles, their keys and sessions, and who signed a request."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Union

from fake_keys import Key
from stub_mfa import counter_of, totp
from stub_query import Refusal

if TYPE_CHECKING:
    from stub_accounts import Accounts


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
    # Codes that its device shows whatever the time is; each counts once.
    mfa_codes: set[str] = field(default_factory=set)
    # The seed of its device in base32, if the time tells its codes.
    mfa_seed: str | None = None
    # The counters of codes that were used.
    _mfa_used: set[int] = field(default_factory=set)
    # How long its sessions last whatever was asked for, in seconds: shorter than AWS would, for tests that wait.
    lifetime: float | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:" + (f"user{self.path}{self.name}" if self.name else "root")

    @property
    def mfa_serial(self) -> str:
        return f"arn:aws:iam::{self.account}:mfa/{self.name or 'root-account-mfa-device'}"

    def mfa_code(self, time: datetime) -> str:
        """What its device shows at a time."""
        assert self.mfa_seed
        return totp(self.mfa_seed, time)

    def takes(self, code: str, now: datetime) -> bool:
        """Whether a code of its device counts; then it doesn't any more."""
        if code in self.mfa_codes:
            self.mfa_codes.remove(code)
            return True
        counter = counter_of(self.mfa_seed, code, now) if self.mfa_seed else None
        if counter is None or counter in self._mfa_used:
            return False
        self._mfa_used.add(counter)
        return True

    def key(self, age: timedelta = timedelta(), is_active: bool = True) -> Key:
        """Makes an access key that every service knows at once, as the console would have long ago."""
        made = self.accounts.make_key(self, age)
        made.is_active = is_active
        return made.key


# Whom a role trusts: a user, a role, or everybody in the account of that number.
Trusted = Union[User, "Role", str]


@dataclass(eq=False)
class Role:
    """A role. The tests set who may assume it and how; AWS keeps that in its trust policy."""

    name: str
    path: str
    account: str
    id: str
    partition: str
    trusted: Sequence[Trusted]
    # The audience of web identities that it trusts: tokens, each as the test wrote it.
    web_identities: Sequence[str]
    external_id: str | None
    # In seconds.
    max_duration: int
    requires_mfa: bool
    # Actions of IAM that a policy lets it do.
    allowed: set[str] = field(default_factory=set)
    # How long its sessions last whatever was asked for, in seconds: shorter than AWS would, for tests that wait.
    lifetime: float | None = None

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:role{self.path}{self.name}"

    def trusts(self, caller: Caller) -> bool:
        """Whether a caller may assume it, external ids and MFA aside."""
        principal = caller.principal
        its_own = principal.role if isinstance(principal, AssumedRole) else principal
        return any(each in (its_own, principal.account) for each in self.trusted)


@dataclass(frozen=True, eq=False)
class AssumedRole:
    """A session's principal: a role under a session name, with what came along."""

    role: Role
    session_name: str
    tags: dict[str, str] = field(default_factory=dict)
    # The tags that sessions which are made with this one inherit.
    transitive: frozenset[str] = frozenset()
    source_identity: str | None = None
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    # Whether it was assumed by a session of a role.
    is_chained: bool = False

    @property
    def account(self) -> str:
        return self.role.account

    @property
    def id(self) -> str:
        return f"{self.role.id}:{self.session_name}"

    @property
    def arn(self) -> str:
        return f"arn:{self.role.partition}:sts::{self.account}:assumed-role/{self.role.name}/{self.session_name}"


Principal = Union[User, AssumedRole]


@dataclass
class Session:
    """Temporary credentials of a user or a role."""

    key: Key
    token: str
    principal: Principal
    has_mfa: bool
    expires: datetime
    # Who signed the request that made it, as `Caller.signer` has it; nothing for a web identity.
    made_by: str
    # Whether a policy denies it everything that a policy can, as the console's "revoke active sessions" does.
    is_revoked: bool = False


@dataclass(frozen=True)
class Caller:
    """Who signed a request: a user or a role, by a long-term key or a session."""

    principal: Principal
    by: AccessKey | Session

    @property
    def session(self) -> Session | None:
        return self.by if isinstance(self.by, Session) else None

    @property
    def user(self) -> User:
        """The user, for calls that are about one when none is named."""
        if isinstance(self.principal, User):
            return self.principal
        raise Refusal(400, "ValidationError", "Must specify userName when calling with non-User credentials")

    @property
    def signer(self) -> str:
        """The id of a long-term key, `session of` the id of the one that made it, or the ARN of a role's session."""
        if not isinstance(self.by, Session):
            return self.by.key.id
        return self.principal.arn if isinstance(self.principal, AssumedRole) else f"session of {self.by.made_by}"
