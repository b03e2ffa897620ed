"""What CloudFormation remembers: stacks, their resources and events, and change sets."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Resource:
    """One resource of a stack as it stands: its definition, its resolved properties, what it returned."""

    logical_id: str
    type: str
    physical_id: str
    properties: dict[str, Any]
    attributes: dict[str, Any]
    definition: dict[str, Any]
    status: str = "CREATE_COMPLETE"
    reason: str | None = None
    updated_at: float = field(default_factory=time.time)


@dataclass
class ChangeSet:
    """One change set. Before `ready_at` (epoch s) it shows as CREATE_IN_PROGRESS."""

    name: str
    arn: str
    kind: str
    template_text: str
    template: dict[str, Any]
    parameters: dict[str, str]
    tags: dict[str, str]
    capabilities: list[str]
    changes: list[dict[str, Any]]
    status: str
    reason: str | None
    execution_status: str
    description: str | None = None
    token: str = ""
    execution_token: str = ""
    created_at: float = field(default_factory=time.time)
    ready_at: float = 0.0

    def shown_status(self, now: float) -> str:
        """CREATE_IN_PROGRESS until it is ready, then CREATE_COMPLETE or FAILED."""
        return "CREATE_IN_PROGRESS" if now < self.ready_at else self.status


@dataclass
class Stack:
    """One stack. `pending` is the operation that is under way, so that a restart can take it up again."""

    name: str
    arn: str
    account: str
    region: str
    status: str
    reason: str | None = None
    template_text: str = ""
    template: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    capabilities: list[str] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    resources: dict[str, Resource] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)
    change_set_id: str | None = None
    token: str = ""
    created_at: float = field(default_factory=time.time)
    updated_at: float | None = None
    deleted_at: float | None = None
    pending: dict[str, Any] | None = None

    def event(
        self, logical_id: str, kind: str, physical_id: str, status: str, reason: str | None = None
    ) -> None:
        """Append one event; it carries the token of the operation under way."""
        number = f"{len(self.events):06d}"
        self.events.append(
            {
                "StackId": self.arn,
                "EventId": f"{logical_id}-{status}-{number}-{uuid.uuid4()}",
                "StackName": self.name,
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": physical_id,
                "ResourceType": kind,
                "Timestamp": time.time(),
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
                "ClientRequestToken": self.token or None,
            }
        )

    def turn(self, status: str, reason: str | None = None) -> None:
        """Set the stack's own status, with the event that says so."""
        self.status, self.reason = status, reason
        self.event(self.name, "AWS::CloudFormation::Stack", self.arn, status, reason)

    @property
    def busy(self) -> bool:
        """Whether an operation is under way."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"


class Book:
    """The stacks of one account in one region, deleted ones included (AWS shows them by id for 90 days)."""

    def __init__(self) -> None:
        self.stacks: list[Stack] = []

    def find(self, name_or_arn: str) -> Stack | None:
        """By id any stack; by name only one that is not deleted."""
        for stack in reversed(self.stacks):
            if stack.arn == name_or_arn:
                return stack
            if stack.name == name_or_arn and stack.status != "DELETE_COMPLETE":
                return stack
        return None

    def exports(self) -> dict[str, str]:
        """Exported output values by export name."""
        return {
            output["ExportName"]: output["OutputValue"]
            for stack in self.stacks
            if stack.status != "DELETE_COMPLETE"
            for output in stack.outputs
            if output.get("ExportName")
        }


def new_arn(account: str, region: str, kind: str, name: str) -> str:
    """An id as CloudFormation makes them: arn:aws:cloudformation:<region>:<account>:<kind>/<name>/<uuid>."""
    return f"arn:aws:cloudformation:{region}:{account}:{kind}/{name}/{uuid.uuid4()}"
