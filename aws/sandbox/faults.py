"""Faults told to happen: which calls they hit, how often, and what they do."""

import threading
from dataclasses import asdict, dataclass, field
from typing import Any

from aws.sandbox.wire import AwsError, Call

KINDS = frozenset(
    [
        "throttle",
        "server_error",
        "access_denied",
        "lost_before",
        "lost_after",
        "late",
        "hidden",
        "slow_stack",
        "fail_resource",
    ]
)
# These shape what CloudFormation and CodeBuild do later, instead of hitting one request.
LASTING = frozenset(["hidden", "slow_stack", "fail_resource"])
_HIDING = frozenset(["cloudformation", "codebuild"])


@dataclass
class Rule:
    """One fault. `times` counts down to nothing; `seconds` is a delay; `match` a part of path or body.

    `resource` is the logical id for fail_resource; `outcome` ("complete" or "failed") is how a slow stack
    ends; `action` "*" hits every action of the service.
    """

    service: str
    action: str
    kind: str
    account: str = ""
    times: int = 1
    seconds: float = 0.0
    match: str = ""
    resource: str = ""
    outcome: str = "complete"
    reason: str = ""
    left: int = field(default=0)

    def fits(self, account: str, service: str, action: str, text: str) -> bool:
        """Whether the rule still has something to do and speaks of such a call."""
        return (
            self.left > 0
            and self.service == service
            and self.action in ("*", action)
            and self.account in ("", account)
            and self.match in text
        )


def rule_from(fields: dict[str, Any]) -> Rule:
    """A Rule of a control request. Raises ValueError, naming the field, for anything it does not know."""
    unknown = sorted(set(fields) - set(Rule.__dataclass_fields__) | ({"left"} & set(fields)))
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r}")
    kind = fields.get("kind")
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(sorted(KINDS))}")
    given = {"service": "cloudformation", "action": "*", **fields} if kind in LASTING else dict(fields)
    for name in ("service", "action"):
        if not isinstance(given.get(name), str) or not given[name]:
            raise ValueError(f"{name} is required")
    rule = Rule(**given)
    if not isinstance(rule.times, int) or isinstance(rule.times, bool) or rule.times < 1:
        raise ValueError("times must be a whole number, 1 or more")
    if not isinstance(rule.seconds, (int, float)) or not 0 <= rule.seconds <= 3600:
        raise ValueError("seconds must be between 0 and 3600")
    _check_kind(rule)
    rule.left = rule.times
    return rule


def _check_kind(rule: Rule) -> None:
    if rule.kind == "hidden" and rule.service not in _HIDING:
        # Amazon S3 User Guide, "Amazon S3 data consistency model": a new object is seen at once.
        raise ValueError("hidden is for cloudformation and codebuild; the other services show at once")
    if rule.kind == "fail_resource" and not rule.resource:
        raise ValueError("resource is required: the logical id that shall fail")
    if rule.outcome not in ("complete", "failed"):
        raise ValueError("outcome must be complete or failed")
    if rule.kind == "late" and rule.seconds <= 0:
        raise ValueError("seconds is required for late")


class Faults:
    """The rules in force. Safe to share between threads."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(self, rule: Rule) -> None:
        """Put a rule in force, after those that are."""
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Take every rule out of force."""
        with self._lock:
            self._rules.clear()

    def listing(self) -> list[dict[str, Any]]:
        """The rules as JSON, with what is left of each."""
        with self._lock:
            return [asdict(rule) for rule in self._rules]

    def for_call(self, call: Call) -> Rule | None:
        """The first rule that hits this request, used up by one; None if there is none."""
        body = call.body[:100_000].decode("utf-8", "replace")
        text = f"{call.path}?{call.environ.get('QUERY_STRING', '')}\n{body}"
        with self._lock:
            for rule in self._rules:
                if rule.kind not in LASTING and rule.fits(call.account, call.service, call.action, text):
                    rule.left -= 1
                    return rule
        return None

    def lasting(self, kind: str, account: str, service: str, text: str, *, action: str = "*") -> Rule | None:
        """The first rule of a lasting kind for that stack or build, used up by one (hidden: never)."""
        with self._lock:
            for rule in self._rules:
                wanted = action if kind == "hidden" else rule.action
                if rule.kind == kind and rule.fits(account, service, wanted, text):
                    rule.left -= kind != "hidden"
                    return rule
        return None

    def failing_resource(self, account: str, logical_id: str, stack: str) -> Rule | None:
        """The rule that makes this resource of this stack fail now, used up by one."""
        with self._lock:
            for rule in self._rules:
                named = rule.kind == "fail_resource" and rule.resource == logical_id
                if named and rule.fits(account, "cloudformation", rule.action, stack):
                    rule.left -= 1
                    return rule
        return None


def as_error(rule: Rule, call: Call) -> AwsError | None:
    """The refusal that a rule of kind throttle, server_error or access_denied stands for, else None."""
    if rule.kind == "throttle":
        if call.service == "s3":
            return AwsError("SlowDown", "Please reduce your request rate.", 503)
        json_style = "x-amz-target" in call.headers
        code = "ThrottlingException" if json_style else "Throttling"
        return AwsError(code, "Rate exceeded", 400)
    if rule.kind == "server_error":
        code = "InternalError" if call.service == "s3" else "InternalFailure"
        return AwsError(code, "The request processing has failed because of an unknown error.", 500)
    if rule.kind == "access_denied":
        code = "AccessDeniedException" if "x-amz-target" in call.headers else "AccessDenied"
        text = f"User: {call.caller_arn} is not authorized to perform: {call.service}:{call.action}"
        return AwsError(code, text, 403)
    return None
