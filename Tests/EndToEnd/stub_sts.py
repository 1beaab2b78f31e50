"""What the tests' own STS does, call by call."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Optional

from stub_principals import AssumedRole, Role, Session, User
from stub_query import Refusal, Tree, timestamp
from stub_turn import Parameters, Turn, denied, invalid

HOUR = 3600
MFA_FAILED = "MultiFactorAuthentication failed"
SESSION_NAME = r"[\w+=,.@-]{2,64}"
EXTERNAL_ID = r"[\w+=,.@:/-]{2,1224}"
ARN = r"arn:[\w-]+:iam::\d{12}:role/[\x21-\x7e]{1,576}"


def get_caller_identity(turn: Turn) -> Tree:
    principal = turn.caller.principal
    return {"Arn": principal.arn, "UserId": principal.id, "Account": principal.account}


def credentials(session: Session) -> Tree:
    """What a session is told as."""
    return {
        "AccessKeyId": session.key.id,
        "SecretAccessKey": session.key.secret,
        "SessionToken": session.token,
        "Expiration": timestamp(session.expires),
    }


def get_session_token(turn: Turn) -> Tree:
    if turn.caller.session:
        raise Refusal(403, "AccessDenied", "Cannot call GetSessionToken with session credentials")
    user = turn.caller.user
    seconds: float = turn.number("DurationSeconds", 43200, 900, 129600)
    has_mfa = check_mfa(turn)
    # A session of the root user lasts an hour at most.
    seconds = user.lifetime or (seconds if user.name else min(seconds, HOUR))
    return {"Credentials": credentials(turn.accounts.make_session(user, has_mfa, seconds, turn.caller.signer))}


def check_mfa(turn: Turn) -> bool:
    """Takes the code of the caller's device, if there is one in the call."""
    serial, code = turn.parameters.get("SerialNumber"), turn.parameters.get("TokenCode")
    if serial is None and code is None:
        return False
    if serial is None or code is None:
        message = f"{MFA_FAILED}, must provide both MFA serial number and one time pass code."
        raise Refusal(403, "AccessDenied", message)
    principal = turn.caller.principal
    if not isinstance(principal, User) or serial != principal.mfa_serial:
        raise Refusal(
            403,
            "AccessDenied",
            f"{MFA_FAILED}, unable to validate MFA code.  Please verify your MFA serial number is valid and "
            "associated with this user.",
        )
    if not re.fullmatch(r"\d{6}", code):
        raise invalid("1 validation error detected: Value at 'tokenCode' failed to satisfy constraint")
    if not principal.takes(code, turn.accounts.now()):
        raise Refusal(403, "AccessDenied", f"{MFA_FAILED} with invalid MFA one time pass code. ")
    return True


def assume_role(turn: Turn) -> Tree:
    caller = turn.caller
    arn = turn.required("RoleArn", ARN)
    name = turn.required("RoleSessionName", SESSION_NAME)
    external_id = turn.optional("ExternalId", EXTERNAL_ID)
    source = caller.principal if isinstance(caller.principal, AssumedRole) else None
    if isinstance(caller.principal, User) and not caller.principal.name:
        raise Refusal(403, "AccessDenied", "Roles may not be assumed by root accounts.")
    seconds = turn.number("DurationSeconds", HOUR, 900, 43200)
    role = turn.accounts.roles.get(arn)
    has_mfa = check_mfa(turn) or bool(caller.session and caller.session.has_mfa)
    if (
        role is None
        or not role.trusts(caller)
        or (role.external_id is not None and external_id != role.external_id)
        or (role.requires_mfa and not has_mfa)
        or (caller.session and caller.session.is_revoked)
    ):
        raise denied(caller, "sts:AssumeRole", arn, "")
    check_duration(role, seconds, source)
    made = AssumedRole(role, name, *tags(turn, source), identity(turn, source), *policies(turn), source is not None)
    return assumed(turn, made, seconds, has_mfa and source is None, caller.signer)


def check_duration(role: Role, seconds: int, source: AssumedRole | None) -> None:
    """Refuses what is longer than the role or the chain allows."""
    if source and seconds > HOUR:
        limit = "the 1 hour session limit for roles assumed by role chaining"
        raise invalid(f"The requested DurationSeconds exceeds {limit}")
    if seconds > role.max_duration:
        raise invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")


def tags(turn: Turn, source: AssumedRole | None) -> tuple[dict[str, str], frozenset[str]]:
    """The tags of a new session, inherited ones among them, and which of them go on."""
    keys, values = turn.members("Tags", ".Key"), turn.members("Tags", ".Value")
    transitive = turn.members("TransitiveTagKeys")
    inherited = {key: source.tags[key] for key in source.transitive} if source else {}
    if len(keys) != len(values) or len(keys) > 50 or len({key.lower() for key in keys}) != len(keys):
        raise invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if not set(transitive) <= set(keys):
        raise invalid("Transitive tag keys have to be those of tags of the session.")
    if any(key in inherited for key in keys):
        message = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key"
        raise Refusal(400, "InvalidParameterValue", f"{message} from the calling session.")
    return inherited | dict(zip(keys, values)), frozenset({*inherited, *transitive})


def identity(turn: Turn, source: AssumedRole | None) -> str | None:
    """The source identity of a new session, which can't be changed once it is set."""
    asked = turn.optional("SourceIdentity", SESSION_NAME)
    inherited = source.source_identity if source else None
    if asked and inherited and asked != inherited:
        raise denied(turn.caller, "sts:SetSourceIdentity", turn.parameters["RoleArn"], "")
    return asked or inherited


def policies(call: Parameters) -> tuple[str | None, tuple[str, ...]]:
    """What limits a new session: a policy, and the ARNs of others."""
    policy = call.optional("Policy", r"[\t\n\r\x20-\xff]{1,2048}")
    try:
        is_policy = policy is None or isinstance(json.loads(policy), dict)
    except ValueError:
        is_policy = False
    if not is_policy:
        raise Refusal(400, "MalformedPolicyDocument", "This policy contains invalid Json")
    arns = call.members("PolicyArns", ".arn")
    if len(arns) > 10 or not all(re.fullmatch(r"arn:[\w-]+:iam::(aws|\d{12}):policy/\S+", arn) for arn in arns):
        raise invalid("1 validation error detected: Value at 'policyArns' failed to satisfy constraint")
    return policy, tuple(arns)


def assumed(call: Parameters, made: AssumedRole, seconds: float, has_mfa: bool, made_by: str) -> dict[str, Tree]:
    """Makes a session of a role, and gives what is said of it."""
    session = call.accounts.make_session(made, has_mfa, made.role.lifetime or seconds, made_by)
    told: dict[str, Tree] = {
        "Credentials": credentials(session),
        "AssumedRoleUser": {"AssumedRoleId": made.id, "Arn": made.arn},
    }
    if made.policy or made.policy_arns:
        told["PackedPolicySize"] = "6"
    if made.source_identity:
        told["SourceIdentity"] = made.source_identity
    return told


def assume_role_with_web_identity(call: Parameters) -> Tree:
    arn = call.required("RoleArn", ARN)
    name = call.required("RoleSessionName", SESSION_NAME)
    token = call.required("WebIdentityToken", r"[\x21-\x7e]{4,20000}")
    seconds = call.number("DurationSeconds", HOUR, 900, 43200)
    role = call.accounts.roles.get(arn)
    if role is None or not role.web_identities:
        raise Refusal(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    if token == "expired":
        raise Refusal(400, "ExpiredTokenException", "Token expired: current date/time must be before the expiration")
    if token not in role.web_identities:
        raise Refusal(400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for EXAMPLE")
    check_duration(role, seconds, None)
    made = AssumedRole(role, name, *({}, frozenset()), None, *policies(call))
    told = assumed(call, made, seconds, False, "")
    return told | {"SubjectFromWebIdentityToken": "EXAMPLE", "Audience": "EXAMPLE", "Provider": "example.com"}


# No policy of a user keeps it from these.
SIGNED: dict[str, Callable[[Turn], Optional[Tree]]] = {
    "GetCallerIdentity": get_caller_identity,
    "GetSessionToken": get_session_token,
    "AssumeRole": assume_role,
}
UNSIGNED: dict[str, Callable[[Parameters], Optional[Tree]]] = {
    "AssumeRoleWithWebIdentity": assume_role_with_web_identity,
}
