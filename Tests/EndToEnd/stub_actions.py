"""What the tests' own IAM does, call by call, and which service does what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

import stub_sts
from stub_principals import AccessKey, AssumedRole, User
from stub_query import Refusal, Tree, timestamp
from stub_turn import Parameters, Turn, denied

KEYS_PER_USER = 2


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


IAM: dict[str, Callable[[Turn], Optional[Tree]]] = {
    "CreateAccessKey": create_access_key,
    "ListAccessKeys": list_access_keys,
    "UpdateAccessKey": update_access_key,
    "DeleteAccessKey": delete_access_key,
    "GetAccessKeyLastUsed": get_access_key_last_used,
    "GetUser": get_user,
}


def service_of(parameters: dict[str, str]) -> str:
    """Tells which service has the action."""
    action, version = parameters.get("Action", ""), parameters.get("Version", "")
    sts = {*stub_sts.SIGNED, *stub_sts.UNSIGNED}
    for service, of, actions in (("iam", "2010-05-08", set(IAM)), ("sts", "2011-06-15", sts)):
        if version == of and action in actions:
            return service
    raise Refusal(400, "InvalidAction", f"Could not find operation {action} for version {version}")


def do(turn: Turn) -> Tree | None:
    """Does what the call asks for, if the policies of the caller let it."""
    # No policy of a user keeps it from what STS does; roles say themselves who may assume them.
    if turn.action in stub_sts.SIGNED:
        return stub_sts.SIGNED[turn.action](turn)
    principal, session = turn.caller.principal, turn.caller.session
    resource = f"user {turn.parameters.get('UserName', '')}"
    if session and session.is_revoked:
        raise denied(turn.caller, f"iam:{turn.action}", resource)
    if not isinstance(principal, User):
        if isinstance(principal, AssumedRole) and turn.action in principal.role.allowed:
            return IAM[turn.action](turn)
        raise denied(turn.caller, f"iam:{turn.action}", resource)
    if turn.action in principal.denied or (principal.mfa_required and not (session and session.has_mfa)):
        raise denied(turn.caller, f"iam:{turn.action}", f"user {turn.parameters.get('UserName', principal.name)}")
    return IAM[turn.action](turn)


def do_unsigned(call: Parameters) -> Tree | None:
    """Does what a call asks for that nobody signs."""
    return stub_sts.UNSIGNED[call.action](call)
