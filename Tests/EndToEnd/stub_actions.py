"""What the tests' own IAM and STS do, call by call."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

from stub_accounts import AccessKey, Accounts, Caller, User
from stub_query import Refusal, Tree, timestamp

KEYS_PER_USER = 2
MFA_FAILED = "MultiFactorAuthentication failed"


def invalid(message: str) -> Refusal:
    """What both services say to parameters that can't be."""
    return Refusal(400, "ValidationError", message)


def missing(what: str) -> Refusal:
    """What IAM says when there's no such thing."""
    return Refusal(404, "NoSuchEntity", f"The {what} cannot be found.")


def denied(caller: Caller, action: str, resource: str) -> Refusal:
    """What a policy says."""
    return Refusal(
        403,
        "AccessDenied",
        f"User: {caller.user.arn} is not authorized to perform: {action} on resource: {resource} "
        "with an explicit deny in an identity-based policy",
    )


@dataclass(frozen=True)
class Turn:
    """One call: where, by whom, with what."""

    accounts: Accounts
    caller: Caller
    action: str
    parameters: dict[str, str]

    def user(self, needs_name: bool = True) -> User:
        """The user that the call is about: the one that it names, or else the caller."""
        name = self.parameters.get("UserName")
        if name is None:
            if needs_name and self.caller.session:
                raise invalid("Must specify userName when calling with non-User credentials")
            return self.caller.user
        user = self.accounts.users.get((self.caller.user.account, name)) if name else None
        if user is None:
            raise missing(f"user with name {name}")
        return user

    def required(self, name: str, pattern: str) -> str:
        """A parameter that has to be there."""
        value = self.parameters.get(name)
        if value is None or not re.fullmatch(pattern, value):
            shown = "null" if value is None else f"'{value}'"
            where = name[0].lower() + name[1:]
            raise invalid(f"1 validation error detected: Value {shown} at '{where}' failed to satisfy constraint")
        return value

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A number that may be there."""
        number = int(self.required(name, r"\d{1,9}")) if name in self.parameters else default
        if not low <= number <= high:
            where = name[0].lower() + name[1:]
            raise invalid(f"1 validation error detected: Value '{number}' at '{where}' failed to satisfy constraint")
        return number

    def key(self, user: User | None) -> AccessKey:
        """The key that the call names: of a user, or of anyone in the account."""
        key_id = self.required("AccessKeyId", r"\w{16,128}")
        found = self.accounts.keys.get(key_id)
        if found and (found.user is user if user else found.user.account == self.caller.user.account):
            return found
        raise missing(f"Access Key with id {key_id}")


def named(user: User) -> dict[str, Tree]:
    """The name of a user, which the root user hasn't."""
    return {"UserName": user.name} if user.name else {}


def shown(key: AccessKey) -> dict[str, Tree]:
    """What anybody may see of a key."""
    status = "Active" if key.is_active else "Inactive"
    return {**named(key.user), "AccessKeyId": key.key.id, "Status": status, "CreateDate": timestamp(key.created)}


def create_access_key(turn: Turn) -> Tree:
    user = turn.user()
    if len(turn.accounts.keys_of(user)) >= KEYS_PER_USER:
        raise Refusal(409, "LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {KEYS_PER_USER}")
    made = turn.accounts.make_spreading_key(user)
    return {"AccessKey": {**shown(made), "SecretAccessKey": made.key.secret}}


def list_access_keys(turn: Turn) -> Tree:
    user = turn.user()
    first = turn.number("Marker", 0, 0, KEYS_PER_USER)
    end = first + min(turn.number("MaxItems", 100, 1, 1000), turn.accounts.page_size)
    keys = turn.accounts.listed_keys_of(user)
    members: list[Tree] = [shown(each) for each in keys[first:end]]
    more = len(keys) > end
    marker: dict[str, Tree] = {"Marker": str(end)} if more else {}
    return {"AccessKeyMetadata": members, "IsTruncated": "true" if more else "false", **marker}


def update_access_key(turn: Turn) -> None:
    key = turn.key(turn.user())
    key.is_active = turn.required("Status", "Active|Inactive") == "Active"


def delete_access_key(turn: Turn) -> None:
    del turn.accounts.keys[turn.key(turn.user()).key.id]


def get_access_key_last_used(turn: Turn) -> Tree:
    key = turn.key(None)
    use: Tree = {"ServiceName": "N/A", "Region": "N/A"}
    if last := key.last_use:
        use = {"LastUsedDate": timestamp(last.time), "ServiceName": last.service, "Region": last.region}
    return {**named(key.user), "AccessKeyLastUsed": use}


def get_user(turn: Turn) -> Tree:
    user = turn.user(needs_name=False)
    path: dict[str, Tree] = {"Path": user.path} if user.name else {}
    created = timestamp(user.created)
    return {"User": {**path, **named(user), "UserId": user.id, "Arn": user.arn, "CreateDate": created}}


def get_caller_identity(turn: Turn) -> Tree:
    user = turn.caller.user
    return {"Arn": user.arn, "UserId": user.id, "Account": user.account}


def get_session_token(turn: Turn) -> Tree:
    user = turn.caller.user
    if turn.caller.session:
        raise Refusal(403, "AccessDenied", "Cannot call GetSessionToken with session credentials")
    seconds = turn.number("DurationSeconds", 43200, 900, 129600)
    serial, code = turn.parameters.get("SerialNumber"), turn.parameters.get("TokenCode")
    has_mfa = serial is not None or code is not None
    if has_mfa:
        check_mfa(user, serial, code)
    # A session of the root user lasts an hour at most.
    made = turn.accounts.make_session(user, has_mfa, seconds if user.name else min(seconds, 3600))
    return {
        "Credentials": {
            "AccessKeyId": made.key.id,
            "SecretAccessKey": made.key.secret,
            "SessionToken": made.token,
            "Expiration": timestamp(made.expires),
        }
    }


def check_mfa(user: User, serial: str | None, code: str | None) -> None:
    """Takes a code of the user's device, once."""
    if serial is None or code is None:
        message = f"{MFA_FAILED}, must provide both MFA serial number and one time pass code."
        raise Refusal(403, "AccessDenied", message)
    if serial != user.mfa_serial:
        raise Refusal(
            403,
            "AccessDenied",
            f"{MFA_FAILED}, unable to validate MFA code.  Please verify your MFA serial number is valid and "
            "associated with this user.",
        )
    if not re.fullmatch(r"\d{6}", code):
        raise invalid("1 validation error detected: Value at 'tokenCode' failed to satisfy constraint")
    if code not in user.mfa_codes:
        raise Refusal(403, "AccessDenied", f"{MFA_FAILED} with invalid MFA one time pass code. ")
    user.mfa_codes.remove(code)


IAM: dict[str, Callable[[Turn], Optional[Tree]]] = {
    "CreateAccessKey": create_access_key,
    "ListAccessKeys": list_access_keys,
    "UpdateAccessKey": update_access_key,
    "DeleteAccessKey": delete_access_key,
    "GetAccessKeyLastUsed": get_access_key_last_used,
    "GetUser": get_user,
}
# No policy of a user keeps it from these.
STS: dict[str, Callable[[Turn], Optional[Tree]]] = {
    "GetCallerIdentity": get_caller_identity,
    "GetSessionToken": get_session_token,
}


def service_of(parameters: dict[str, str]) -> str:
    """Tells which service has the action."""
    action, version = parameters.get("Action", ""), parameters.get("Version", "")
    for service, of, actions in (("iam", "2010-05-08", IAM), ("sts", "2011-06-15", STS)):
        if version == of and action in actions:
            return service
    raise Refusal(400, "InvalidAction", f"Could not find operation {action} for version {version}")


def do(turn: Turn) -> Tree | None:
    """Does what the call asks for, if the policies of the caller let it."""
    if turn.action in STS:
        return STS[turn.action](turn)
    user, session = turn.caller.user, turn.caller.session
    if turn.action in user.denied or (user.mfa_required and not (session and session.has_mfa)):
        raise denied(turn.caller, f"iam:{turn.action}", f"user {turn.parameters.get('UserName', user.name)}")
    return IAM[turn.action](turn)
