"""How resources are made, changed and removed: one provider per type, each through its service's own API."""

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aws.sandbox.cloudformation.state import Resource


@dataclass
class Place:
    """Where a resource is made: account, region, stack, and in-process clients of its services."""

    account: str
    region: str
    stack_name: str
    client: Callable[[str], Any]

    def arn(self, service: str, rest: str, *, region: bool = True) -> str:
        """arn:aws:<service>:<region or nothing>:<account>:<rest>"""
        return f"arn:aws:{service}:{self.region if region else ''}:{self.account}:{rest}"


@dataclass
class Made:
    """What a provider returns: the physical id (Ref) and the attributes (Fn::GetAtt)."""

    physical_id: str
    attributes: dict[str, Any] = field(default_factory=dict)


class ResourceFailed(Exception):
    """A resource could not be made, changed or removed; the text is the ResourceStatusReason."""


@dataclass(frozen=True)
class Provider:
    """One resource type. `immutable` names the properties whose change replaces the resource.

    `name_property` is filled with a generated name when the template leaves it out. What
    replaces is from the CloudFormation "Template reference", per type: "Update requires: Replacement".
    """

    create: Callable[[Place, str, dict[str, Any]], Made]
    update: Callable[[Place, Resource, dict[str, Any]], Made]
    delete: Callable[[Place, Resource], None]
    immutable: frozenset[str] = frozenset()
    name_property: str = ""
    all_immutable: bool = False

    def replaces(self, name: str) -> bool:
        """Whether a change of that property replaces the resource."""
        return self.all_immutable or name in self.immutable


def generated_name(stack_name: str, logical_id: str, *, limit: int = 64, lower: bool = False) -> str:
    """A physical name as CloudFormation makes them: stack-logicalid-RANDOM12, cut to the service's limit."""
    tail = "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(12))
    head = f"{stack_name}-{logical_id}"[: limit - 13]
    name = f"{head}-{tail}"
    return name.lower() if lower else name


def tags_of(properties: dict[str, Any]) -> list[dict[str, str]]:
    """The Tags property as a list of {"Key", "Value"}, whichever form the type uses."""
    tags = properties.get("Tags") or []
    if isinstance(tags, dict):
        return [{"Key": key, "Value": str(value)} for key, value in tags.items()]
    return [{"Key": tag["Key"], "Value": str(tag["Value"])} for tag in tags]


def picked(properties: dict[str, Any], *names: str) -> dict[str, Any]:
    """The named properties that are present."""
    return {name: properties[name] for name in names if name in properties}


def number(value: Any) -> int:
    """A whole number of a template, which may be written as text."""
    try:
        return int(value)
    except (TypeError, ValueError) as exc:
        raise ResourceFailed(f"Properties validation failed: {value!r} is not a number") from exc


def required(properties: dict[str, Any], *names: str) -> None:
    """Raise ResourceFailed naming the first required property that is missing."""
    for name in names:
        if name not in properties:
            text = f"[#: required key [{name}] not found]"
            raise ResourceFailed(f"Properties validation failed for resource with message: {text}")
