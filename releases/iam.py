"""Rights that a template gives with a wildcard, and which of them are new. Pure.

The grammar is that of the IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from dataclasses import asdict, dataclass

BROAD_POLICIES = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")  # AWS managed policies
NEGATED = {"NotAction": "not_action", "NotResource": "not_resource", "NotPrincipal": "principal"}


@dataclass(frozen=True, order=True)
class Grant:
    """One wide right. `what`: action, not_action, resource, not_resource, principal, managed_policy, or
    unreadable (a value that only AWS can work out); `value`: as written."""

    logical_id: str
    type: str
    what: str
    value: str

    def as_dict(self) -> dict:
        """The wire form."""
        return asdict(self)


def wide_grants(template: dict) -> frozenset[Grant]:
    """The wide rights of all resources: `Allow` statements with `*`, `<service>:*`, `NotAction`,
    `NotResource` or any principal, and the broadest managed policies, wherever in a resource they stand."""
    found = set()
    for logical_id, resource in template["Resources"].items():
        kind = str(resource.get("Type", ""))
        for what, value in _walk(resource.get("Properties")):
            found.add(Grant(str(logical_id), kind, what, value))
    return frozenset(found)


def widened(before: dict | None, after: dict) -> list[Grant]:
    """The wide rights that `after` gives and `before` (None: nothing there) did not, sorted."""
    return sorted(wide_grants(after) - (wide_grants(before) if before else frozenset()))


def _walk(value):
    """(what, value) pairs below any value of a template."""
    if isinstance(value, list):
        for item in value:
            yield from _walk(item)
    if not isinstance(value, dict):
        return
    for name, item in value.items():
        if name == "Statement":
            for statement in item if isinstance(item, list) else [item]:
                yield from _statement(statement)
        elif name == "ManagedPolicyArns":
            yield from _managed(item)
        elif name == "Fn::Transform":
            yield "unreadable", "Fn::Transform"
        elif name in {"PolicyDocument", "AssumeRolePolicyDocument"} and _intrinsic(item):
            yield "unreadable", str(name)
        else:
            yield from _walk(item)


def _intrinsic(value) -> bool:
    """{"Ref": …} or {"Fn::…": …}: a value that only AWS can work out."""
    return isinstance(value, dict) and len(value) == 1 and str(next(iter(value))).startswith(("Ref", "Fn::"))


def _statement(statement):
    if not isinstance(statement, dict) or _intrinsic(statement):
        yield "unreadable", "Statement"
        return
    if statement.get("Effect") != "Allow":
        if statement.get("Effect") != "Deny":
            yield "unreadable", "Effect"
        return
    for name, what in NEGATED.items():
        if name in statement:
            yield what, f"{name} {_text(statement[name])}"
    for value in _values(statement.get("Action")):
        if not isinstance(value, str):
            yield "unreadable", "Action"
        elif value == "*" or value.endswith(":*"):
            yield "action", value
    for value in _values(statement.get("Resource")):
        if value == "*":
            yield "resource", "*"
    yield from _principals(statement.get("Principal"))


def _principals(principal):
    named = _values(principal.get("AWS")) if isinstance(principal, dict) else _values(principal)
    for value in named:
        if value == "*":
            yield "principal", "*"


def _managed(arns):
    for arn in _values(arns):
        name = _text(arn).rsplit("/", 1)[-1].rstrip("'\"}]")
        if name in BROAD_POLICIES:
            yield "managed_policy", name


def _values(value) -> list:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(value) -> str:
    return value if isinstance(value, str) else repr(value)
