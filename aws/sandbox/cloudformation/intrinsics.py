"""Intrinsic functions: a piece of template turned into plain values."""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aws.sandbox.cloudformation.template import attribute_path, invalid

# What change sets show where a value is settled only while they run (CloudFormation User Guide,
# "View the change set for a CloudFormation stack").
LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"
_NOTHING = object()


@dataclass
class Scope:
    """What names mean: parameters and pseudo parameters, resources by Ref and GetAtt, conditions, exports."""

    values: dict[str, Any]
    ref: Callable[[str], str]
    attribute: Callable[[str, str], Any]
    template: dict[str, Any]
    exports: dict[str, str]

    def condition(self, name: str) -> bool:
        """Whether a named condition of the template holds."""
        conditions = self.template.get("Conditions") or {}
        if name not in conditions:
            raise invalid(f"Template format error: Unresolved condition dependency {name}")
        return holds(conditions[name], self)


def holds(node: Any, scope: Scope) -> bool:
    """The truth of a condition expression."""
    if not isinstance(node, dict) or len(node) != 1:
        raise invalid("Template error: a condition must be one function")
    ((name, value),) = node.items()
    if name == "Condition":
        return scope.condition(value)
    if name == "Fn::Equals":
        return _text(resolve(value[0], scope)) == _text(resolve(value[1], scope))
    if name == "Fn::Not":
        return not holds(value[0], scope)
    if name in ("Fn::And", "Fn::Or"):
        truths = [holds(item, scope) for item in value]
        return all(truths) if name == "Fn::And" else any(truths)
    raise invalid(f"Template error: {name} is no condition function")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def resolve(node: Any, scope: Scope) -> Any:
    """The node with every intrinsic function replaced by its value; AWS::NoValue drops its key."""
    if isinstance(node, list):
        items = [_resolved(item, scope) for item in node]
        return [item for item in items if item is not _NOTHING]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        ((name, value),) = node.items()
        if name in _FUNCTIONS:
            try:
                return _FUNCTIONS[name](value, scope)
            except (TypeError, ValueError, IndexError, KeyError) as exc:
                raise invalid(f"Template error: {name} is not well formed") from exc
    pairs = {key: _resolved(item, scope) for key, item in node.items()}
    return {key: item for key, item in pairs.items() if item is not _NOTHING}


def _resolved(node: Any, scope: Scope) -> Any:
    if isinstance(node, dict) and len(node) == 1 and "Fn::If" in node:
        condition, yes, no = node["Fn::If"]
        return _resolved(yes if scope.condition(condition) else no, scope)
    if node == {"Ref": "AWS::NoValue"}:
        return _NOTHING
    return resolve(node, scope)


def _ref(name: str, scope: Scope) -> Any:
    return scope.values[name] if name in scope.values else scope.ref(name)


def _get_att(value: Any, scope: Scope) -> Any:
    return scope.attribute(*attribute_path(value))


def _sub(value: Any, scope: Scope) -> str:
    text, extra = (value[0], value[1]) if isinstance(value, list) else (value, {})
    extra = {key: resolve(item, scope) for key, item in extra.items()}

    def one(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name in extra:
            return _text(extra[name])
        return _text(_get_att(name, scope) if "." in name else _ref(name, scope))

    return re.sub(r"\$\{([^}]+)\}", one, text)


def _join(value: Any, scope: Scope) -> str:
    return value[0].join(_text(item) for item in resolve(value[1], scope))


def _select(value: Any, scope: Scope) -> Any:
    items = resolve(value[1], scope)
    return LATER if LATER in items else items[int(resolve(value[0], scope))]


def _find_in_map(value: Any, scope: Scope) -> Any:
    name, first, second = (resolve(item, scope) for item in value)
    try:
        return scope.template["Mappings"][name][first][second]
    except KeyError as exc:
        raise invalid(f"Template error: Unable to get mapping for {name}::{first}::{second}") from exc


def _import_value(value: Any, scope: Scope) -> str:
    name = resolve(value, scope)
    if name not in scope.exports:
        raise invalid(f"No export named {name} found.")
    return scope.exports[name]


def _if(value: Any, scope: Scope) -> Any:
    condition, yes, no = value
    return resolve(yes if scope.condition(condition) else no, scope)


_FUNCTIONS: dict[str, Callable[[Any, Scope], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": lambda value, scope: resolve(value[1], scope).split(value[0]),
    "Fn::If": _if,
    "Fn::FindInMap": _find_in_map,
    "Fn::ImportValue": _import_value,
    "Fn::Base64": lambda value, scope: base64.b64encode(_text(resolve(value, scope)).encode()).decode(),
    "Fn::GetAZs": lambda value, scope: [scope.values["AWS::Region"] + letter for letter in "abc"],
    "Fn::ToJsonString": lambda value, scope: json.dumps(resolve(value, scope)),
}


def pseudo_parameters(account: str, region: str, stack_name: str, stack_arn: str) -> dict[str, Any]:
    """The values of AWS::AccountId and its siblings for one stack."""
    return {
        "AWS::AccountId": account,
        "AWS::Region": region,
        "AWS::StackName": stack_name,
        "AWS::StackId": stack_arn,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::NotificationARNs": [],
    }


def typed_parameters(template: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    """Parameter values as Ref gives them: lists split at commas, everything else text."""
    declared = template.get("Parameters") or {}
    typed: dict[str, Any] = {}
    for name, value in values.items():
        kind = declared.get(name, {}).get("Type", "String")
        lists = kind == "CommaDelimitedList" or kind.startswith("List<")
        typed[name] = [part.strip() for part in value.split(",")] if lists else value
    return typed
