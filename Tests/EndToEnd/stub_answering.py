"""How the tests' own IAM, STS and sign-in answer a request: who signed it, what it does, and what goes wrong."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field

import stub_actions
import stub_signin
from stub_accounts import Accounts
from stub_faults import FOREVER, PAGE, UNDONE, Call, Fault, Log, internal_error
from stub_principals import LastUse
from stub_query import Answer, Refusal, Request, refused, result
from stub_signature import Signature
from stub_signin import SignIn
from stub_sts import UNSIGNED
from stub_turn import Parameters, Turn, denied

# Who answers what no service understands.
ANYBODY = "iam"


@dataclass
class Answering:
    """What answers every request, in many threads at once."""

    _accounts: Accounts
    _log: Log
    _lock: threading.RLock
    faults: list[Fault] = field(default_factory=list)
    # What went wrong in the server itself or in a hook; `stub_iam` raises it at its end.
    problems: list[Exception] = field(default_factory=list)
    # What each sign-in token opens the console with.
    sign_ins: dict[str, SignIn] = field(default_factory=dict)

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
        fault.hold()
        return answer

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
        if call.action == stub_signin.ACTION:
            return self._do_sign_in(call, fault)
        service = ANYBODY
        try:
            service = stub_actions.service_of({"Action": call.action, **call.parameters})
            if refusal := fault.refusal(service):
                raise refusal
            with self._lock:
                if call.action in UNSIGNED:
                    call.service = service
                    tree = stub_actions.do_unsigned(Parameters(self._accounts, call.action, call.parameters))
                else:
                    turn = self._authenticated(call, service, request)
                    if fault.kind == "deny":
                        raise denied(turn.caller, f"{service}:{call.action}", "*")
                    tree = stub_actions.do(turn)
            call.is_done, call.status = True, 200
            return result(service, call.action, tree, request_id)
        except Refusal as refusal:
            call.status, call.code = refusal.status, refusal.code
            return refused(service, refusal, request_id)

    def _do_sign_in(self, call: Call, fault: Fault) -> Answer:
        call.service = stub_signin.SERVICE
        try:
            if refusal := fault.refusal(call.service):
                raise refusal
            with self._lock:
                made = stub_signin.sign_in(self._accounts, call.parameters)
                call.signer = made.session.principal.arn
                call.is_done, call.status = True, 200
                return stub_signin.token_for(self.sign_ins, made)
        except Refusal as refusal:
            answer = stub_signin.refused(refusal)
            call.status, call.code = answer.status, refusal.code
            return answer

    def _authenticated(self, call: Call, service: str, request: Request) -> Turn:
        claim = Signature.of(request)
        claim.check_time(self._accounts.now())
        caller = self._accounts.caller(claim.key_id, request.headers.get("X-Amz-Security-Token"), service)
        claim.check(request, service, "us-east-1" if service == "iam" else None, caller.by.key.secret)
        call.signer = caller.signer
        if not caller.session:
            self._accounts.keys[claim.key_id].use(LastUse(self._accounts.now(), service, claim.region))
        return Turn(self._accounts, call.action, call.parameters, caller)

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
