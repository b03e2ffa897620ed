"""Templates read and checked: JSON or YAML with short forms, parameters, capabilities, references."""

import json
import re
from typing import Any

import yaml

from aws.sandbox.wire import AwsError

# CloudFormation User Guide, "Understand CloudFormation quotas": template body 51,200 bytes, in S3 1 MB.
BODY_LIMIT_BYTES = 51_200
URL_LIMIT_BYTES = 1_000_000
_SECTIONS = frozenset(
    [
        "AWSTemplateFormatVersion",
        "Description",
        "Metadata",
        "Parameters",
        "Mappings",
        "Conditions",
        "Transform",
        "Resources",
        "Outputs",
        "Rules",
        "Hooks",
    ]
)
_PSEUDO = frozenset(
    [
        "AWS::AccountId",
        "AWS::Region",
        "AWS::StackId",
        "AWS::StackName",
        "AWS::Partition",
        "AWS::URLSuffix",
        "AWS::NoValue",
        "AWS::NotificationARNs",
    ]
)
_NAMED_IAM = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::Policy": "",
    "AWS::IAM::AccessKey": "",
    "AWS::IAM::UserToGroupAddition": "",
}


def invalid(message: str) -> AwsError:
    """The ValidationError that CloudFormation answers bad templates and parameters with."""
    return AwsError("ValidationError", message)


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms; dates stay text, and a key may stand only once."""


def _tagged(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


_Loader.add_multi_constructor("!", _tagged)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse(text: str) -> dict[str, Any]:
    """The template as a dict, its references checked. Raises ValidationError in CloudFormation's words."""
    try:
        template = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader=_Loader)
    except (ValueError, yaml.YAMLError, RecursionError) as exc:
        where = getattr(exc, "problem_mark", None)
        place = f" (line {where.line + 1}, column {where.column + 1})" if where else ""
        style = "JSON" if text.lstrip().startswith("{") else "YAML"
        raise invalid(f"Template format error: {style} not well-formed.{place}") from exc
    if not isinstance(template, dict):
        raise invalid("Template format error: unsupported structure.")
    strange = sorted(str(key) for key in template if key not in _SECTIONS)
    if strange:
        raise invalid(f"Invalid template property or properties [{', '.join(strange)}]")
    resources = template.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise invalid("Template format error: At least one Resources member must be defined.")
    for logical_id, definition in resources.items():
        _check_resource(logical_id, definition)
    _check_references(template)
    return template


def _check_resource(logical_id: str, definition: Any) -> None:
    if not re.fullmatch(r"[A-Za-z0-9]+", str(logical_id)):
        raise invalid(f"Template format error: Resource name {logical_id} is non alphanumeric.")
    if not isinstance(definition, dict):
        raise invalid("Template format error: Every Resources member must be an object.")
    if not isinstance(definition.get("Type"), str):
        text = "Template format error: Every Resources object must contain a Type member."
        raise invalid(f"{text} [{logical_id}]")
    if not isinstance(definition.get("Properties", {}), dict):
        raise invalid(f"Template format error: [/Resources/{logical_id}/Properties] must be an object")


def references(node: Any) -> set[str]:
    """Names that a piece of template refers to by Ref, Fn::GetAtt and Fn::Sub."""
    found: set[str] = set()
    if isinstance(node, list):
        for item in node:
            found |= references(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref" and isinstance(value, str):
                found.add(value)
            elif key == "Fn::GetAtt":
                found.add(attribute_path(value)[0])
            elif key == "Fn::Sub":
                found |= _sub_references(value)
            else:
                found |= references(value)
    return found


def _sub_references(value: Any) -> set[str]:
    text, extra = (value[0], value[1]) if isinstance(value, list) else (value, {})
    names = set(re.findall(r"\$\{([^!}][^}]*)\}", str(text)))
    return {name.split(".")[0] for name in names if name not in extra} | references(extra)


def attribute_path(value: Any) -> tuple[str, str]:
    """(logical id, attribute) of an Fn::GetAtt in either of its forms."""
    parts = value.split(".", 1) if isinstance(value, str) else value
    if not isinstance(parts, list) or len(parts) != 2 or not all(isinstance(part, str) for part in parts):
        raise invalid("Template error: every Fn::GetAtt object requires two non-empty parameters")
    return parts[0], parts[1]


def _check_references(template: dict[str, Any]) -> None:
    known = set(template["Resources"]) | set(template.get("Parameters") or {}) | _PSEUDO
    for section in ("Resources", "Outputs"):
        missing = sorted(references(template.get(section) or {}) - known)
        if missing:
            text = f"Unresolved resource dependencies [{', '.join(missing)}]"
            raise invalid(f"Template format error: {text} in the {section} block of the template")
    creation_order(template)


def creation_order(template: dict[str, Any]) -> list[str]:
    """Logical ids so that each comes after what it refers to or DependsOn; a circle is a ValidationError."""
    resources = template["Resources"]
    needs: dict[str, set[str]] = {}
    for logical_id, definition in resources.items():
        depends = definition.get("DependsOn") or []
        wanted = references(definition.get("Properties", {})) | set(
            [depends] if isinstance(depends, str) else depends
        )
        needs[logical_id] = (wanted & set(resources)) - {logical_id}
    order: list[str] = []
    while len(order) < len(resources):
        ready = [name for name in resources if name not in order and needs[name] <= set(order)]
        if not ready:
            circle = ", ".join(name for name in resources if name not in order)
            raise invalid(f"Circular dependency between resources: [{circle}]")
        order += ready
    return order


def check_capabilities(template: dict[str, Any], given: list[str]) -> None:
    """Raise InsufficientCapabilitiesException when IAM resources are not acknowledged.

    CloudFormation API reference, CreateChangeSet, "Capabilities".
    """
    needed = ""
    for definition in template["Resources"].values():
        name = _NAMED_IAM.get(definition["Type"])
        if name is not None:
            named = bool(name) and name in definition.get("Properties", {})
            needed = "CAPABILITY_NAMED_IAM" if named or needed == "CAPABILITY_NAMED_IAM" else "CAPABILITY_IAM"
    accepted = {"CAPABILITY_IAM": {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"}}.get(needed, {needed})
    if needed and not accepted & set(given):
        raise AwsError("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]")


def parameter_values(
    template: dict[str, Any], given: list[dict[str, Any]], previous: dict[str, str]
) -> dict[str, str]:
    """The value of every parameter: as given, as before where asked for, else its default.

    Raises ValidationError for unknown, missing and disallowed ones.
    """
    declared = template.get("Parameters") or {}
    unknown = [entry.get("ParameterKey", "") for entry in given if entry.get("ParameterKey") not in declared]
    if unknown:
        raise invalid(f"Parameters: [{', '.join(sorted(unknown))}] do not exist in the template")
    values: dict[str, str] = {}
    by_key = {entry["ParameterKey"]: entry for entry in given}
    for name, declaration in declared.items():
        entry = by_key.get(name, {})
        if entry.get("UsePreviousValue") == "true" and name in previous:
            values[name] = previous[name]
        elif "ParameterValue" in entry:
            values[name] = entry["ParameterValue"]
        elif "Default" in declaration:
            values[name] = _plain(declaration["Default"])
    missing = sorted(set(declared) - set(values))
    if missing:
        raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
    for name, declaration in declared.items():
        _check_value(name, declaration, values[name])
    return values


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_value(name: str, declaration: dict[str, Any], value: str) -> None:
    allowed = [_plain(item) for item in declaration.get("AllowedValues") or []]
    if allowed and value not in allowed:
        raise invalid(f"Parameter '{name}' must be one of AllowedValues")
    pattern = declaration.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, value):
        raise invalid(f"Parameter '{name}' must match pattern {pattern}")
    if declaration.get("Type") == "Number" and not re.fullmatch(r"-?\d+(\.\d+)?", value):
        raise invalid(f"Parameter '{name}' must be a number")
    if len(value) < int(declaration.get("MinLength", 0)):
        raise invalid(f"Parameter '{name}' must contain at least {declaration['MinLength']} characters")
    if "MaxLength" in declaration and len(value) > int(declaration["MaxLength"]):
        raise invalid(f"Parameter '{name}' must contain at most {declaration['MaxLength']} characters")
