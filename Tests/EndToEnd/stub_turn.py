"""One call at the tests' own IAM and STS: its parameters as a service reads them, and how services refuse it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stub_accounts import Accounts
from stub_principals import AccessKey, Caller, User
from stub_query import Refusal


def invalid(message: str) -> Refusal:
    """What both services say to parameters that can't be."""
    return Refusal(400, "ValidationError", message)


def missing(what: str) -> Refusal:
    """What IAM says when there's no such thing."""
    return Refusal(404, "NoSuchEntity", f"The {what} cannot be found.")


def denied(
    caller: Caller, action: str, resource: str, why: str = " with an explicit deny in an identity-based policy"
) -> Refusal:
    """What a policy says."""
    who = f"User: {caller.principal.arn}"
    return Refusal(403, "AccessDenied", f"{who} is not authorized to perform: {action} on resource: {resource}{why}")


@dataclass(frozen=True)
class Parameters:
    """What a call is told, by name."""

    accounts: Accounts
    action: str
    parameters: dict[str, str]

    def required(self, name: str, pattern: str) -> str:
        """A parameter that has to be there."""
        value = self.parameters.get(name)
        if value is None or not re.fullmatch(pattern, value):
            shown = "null" if value is None else f"'{value}'"
            where = name[0].lower() + name[1:]
            raise invalid(f"1 validation error detected: Value {shown} at '{where}' failed to satisfy constraint")
        return value

    def optional(self, name: str, pattern: str) -> str | None:
        """A parameter that may be there."""
        return self.required(name, pattern) if name in self.parameters else None

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A number that may be there."""
        number = int(self.required(name, r"\d{1,9}")) if name in self.parameters else default
        if not low <= number <= high:
            where = name[0].lower() + name[1:]
            raise invalid(f"1 validation error detected: Value '{number}' at '{where}' failed to satisfy constraint")
        return number

    def members(self, name: str, below: str = "") -> list[str]:
        """A list: `Name.member.1`, `Name.member.2`, or with what is below each."""
        found = []
        while (key := f"{name}.member.{len(found) + 1}{below}") in self.parameters:
            found.append(self.parameters[key])
        return found


@dataclass(frozen=True)
class Turn(Parameters):
    """One call that somebody signed."""

    caller: Caller

    def user(self, needs_name: bool = True) -> User:
        """The user that the call is about: the one that it names, or else the caller."""
        name = self.parameters.get("UserName")
        if name is None:
            if needs_name and self.caller.session:
                raise invalid("Must specify userName when calling with non-User credentials")
            return self.caller.user
        user = self.accounts.users.get((self.caller.principal.account, name)) if name else None
        if user is None:
            raise missing(f"user with name {name}")
        return user

    def key(self, user: User | None) -> AccessKey:
        """The key that the call names: of a user, or of anyone in the account."""
        key_id = self.required("AccessKeyId", r"\w{16,128}")
        found = self.accounts.keys.get(key_id)
        if found and (found.user is user if user else found.user.account == self.caller.principal.account):
            return found
        raise missing(f"Access Key with id {key_id}")
