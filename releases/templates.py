"""CloudFormation templates, read without running anything and compared resource by resource. Pure.

The forms are those of the AWS CloudFormation User Guide, "Template anatomy": JSON, or YAML with short
intrinsic functions, without aliases and merges (which CloudFormation does not take either).
"""

import json
from dataclasses import dataclass

import yaml

LIMIT_BYTES = 1024 * 1024  # "AWS CloudFormation quotas": a template in S3 has at most 1 MB
DEEPEST = 100


class TemplateUnreadable(Exception):
    """These bytes are no template; the message says why, with line and column where there is one."""


@dataclass(frozen=True)
class ResourceChange:
    """One resource that differs. `action`: added, removed, changed or replaced (its type changed); `fields`:
    which of its parts differ (`Properties.Code`, `DependsOn`)."""

    action: str
    logical_id: str
    type: str
    fields: tuple[str, ...] = ()

    def as_dict(self) -> dict:
        """The wire form."""
        return {
            "action": self.action,
            "logical_id": self.logical_id,
            "type": self.type,
            "fields": list(self.fields),
        }


class _Loader(yaml.SafeLoader):
    """Safe YAML with CloudFormation's short forms; refuses aliases, which can blow up a small file."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise TemplateUnreadable(f"line {mark.line + 1}: CloudFormation takes no YAML aliases")
        return super().compose_node(parent, index)


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict:
    """`!Ref x` → {"Ref": "x"}, `!GetAtt a.b` → {"Fn::GetAtt": ["a", "b"]}, `!Sub …` → {"Fn::Sub": …}."""
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
# A date stays the text it was written as: `AWSTemplateFormatVersion: 2010-09-09`, a policy's `Version`.
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))


def read_template(data: bytes) -> dict:
    """The template as plain dicts and lists. Raises TemplateUnreadable."""
    if len(data) > LIMIT_BYTES:
        raise TemplateUnreadable(f"the template has {len(data)} bytes; CloudFormation takes {LIMIT_BYTES}")
    try:
        text = data.decode("utf-8-sig")
        template = _read_json(text) if text.lstrip().startswith("{") else _read_yaml(text)
        _check_depth(template)
    except UnicodeDecodeError as error:
        raise TemplateUnreadable("the template is not UTF-8") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise TemplateUnreadable(f"{place}: {error.msg}") from error
    except RecursionError as error:
        raise TemplateUnreadable("the template is nested too deeply") from error
    resources = template.get("Resources") if isinstance(template, dict) else None
    if not isinstance(resources, dict) or not all(isinstance(r, dict) for r in resources.values()):
        raise TemplateUnreadable("a template is an object with an object Resources")
    return template


def _read_json(text: str):
    try:
        template = json.loads(text)
        json.dumps(template, ensure_ascii=False).encode()
    except json.JSONDecodeError:
        raise
    except ValueError as error:  # a number of thousands of digits, half a surrogate pair
        raise TemplateUnreadable("the template holds a value that cannot be written") from error
    return template


def _read_yaml(text: str):
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader with two constructors of ours)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise TemplateUnreadable(f"{place}{error.problem}") from error
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise TemplateUnreadable(f"this is no YAML: {error}") from error


def _check_depth(value, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise TemplateUnreadable("the template is nested too deeply")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_depth(item, depth + 1)


def compare(before: dict | None, after: dict) -> list[ResourceChange]:
    """What differs between the resources of two templates, by logical id; `before` None: all is new."""
    old = before["Resources"] if before else {}
    new = after["Resources"]
    changes = []
    for logical_id in sorted(old.keys() | new.keys()):
        mine, theirs = new.get(logical_id), old.get(logical_id)
        if mine == theirs:
            continue
        if theirs is None:
            changes.append(ResourceChange("added", logical_id, _type(mine)))
        elif mine is None:
            changes.append(ResourceChange("removed", logical_id, _type(theirs)))
        else:
            action = "changed" if _type(mine) == _type(theirs) else "replaced"
            changes.append(ResourceChange(action, logical_id, _type(mine), _fields(theirs, mine)))
    return changes


def other_sections(before: dict | None, after: dict) -> list[str]:
    """The sections beside Resources that differ: Parameters, Outputs, Conditions …; sorted."""
    old = before or {}
    names = (old.keys() | after.keys()) - {"Resources"}
    return sorted(str(name) for name in names if old.get(name) != after.get(name))


def _type(resource: dict) -> str:
    return str(resource.get("Type", ""))


def _fields(before: dict, after: dict) -> tuple[str, ...]:
    found = []
    for name in sorted(before.keys() | after.keys(), key=str):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if name == "Properties" and isinstance(old, dict) and isinstance(new, dict):
            parts = sorted(old.keys() | new.keys(), key=str)
            found += [f"Properties.{part}" for part in parts if old.get(part) != new.get(part)]
        else:
            found.append(str(name))
    return tuple(found)
