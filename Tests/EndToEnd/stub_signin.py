"""The console's federation endpoint of the tests' own: sessions of roles become sign-in tokens.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from stub_accounts import Accounts
from stub_principals import AssumedRole, Session
from stub_query import Answer, Refusal

ACTION = "getSigninToken"
SERVICE = "signin"
HOUR = 3600


@dataclass(frozen=True)
class SignIn:
    """What a token opens the console with."""

    session: Session
    # What was asked for, in seconds.
    duration: int | None


def sign_in(accounts: Accounts, parameters: dict[str, str]) -> SignIn:
    """Reads a call that asks for a token, and refuses what can't have one."""
    bad = Refusal(400, "BadRequest", "Bad Request")
    try:
        told = json.loads(parameters.get("Session", ""))
        key_id, secret, token = (told[name] for name in ("sessionId", "sessionKey", "sessionToken"))
        duration = int(parameters["SessionDuration"]) if "SessionDuration" in parameters else None
    except (ValueError, KeyError, TypeError):
        raise bad from None
    session = accounts.session(key_id, token)
    principal = session.principal
    # GetSessionToken's credentials can't sign in, and a chained role has no more than its own hour.
    if session.key.secret != secret or not isinstance(principal, AssumedRole):
        raise bad
    if duration is not None and not 900 <= duration <= (HOUR if principal.is_chained else 43200):
        raise bad
    return SignIn(session, duration)


def token_for(sign_ins: dict[str, SignIn], made: SignIn) -> Answer:
    """Gives the answer with a new token, which is kept with what it is for."""
    token = "EXAMPLE-signin-" + secrets.token_urlsafe(60)
    sign_ins[token] = made
    return Answer(200, json.dumps({"SigninToken": token}).encode(), {"Content-Type": "application/json"})


def refused(refusal: Refusal) -> Answer:
    """What a browser would be shown."""
    page = f"<!DOCTYPE html>\n<html><body><h1>{refusal.status} {refusal.message}</h1></body></html>\n"
    return Answer(400, page.encode(), {"Content-Type": "text/html"})
