"""The stack engine: carries change sets out resource by resource, and back again when one fails."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aws.sandbox.cloudformation.intrinsics import Scope, pseudo_parameters, resolve, typed_parameters
from aws.sandbox.cloudformation.providers import guarded, provider
from aws.sandbox.cloudformation.resources import Place, ResourceFailed, generated_name
from aws.sandbox.cloudformation.state import Resource, Stack
from aws.sandbox.cloudformation.template import creation_order
from aws.sandbox.wire import AwsError

_RENAME = (
    "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
    "Rename {name} and update the stack again."
)


@dataclass
class Step:
    """One thing done, kept to be undone: what stood before (None: nothing) and what stands now."""

    kind: str
    before: Resource | None
    now: Resource


class Apply:
    """One run over a stack: the wanted template against what stands. `fail` says why a resource must fail."""

    def __init__(
        self, stack: Stack, place: Place, exports: dict[str, str], fail: Callable[[str], str | None]
    ):
        self.stack, self.place, self._fail = stack, place, fail
        self._exports = exports
        self.steps: list[Step] = []
        self.replaced: list[Resource] = []
        self.failed: tuple[str, str] | None = None
        self._standing: dict[str, Resource] = dict(stack.resources)

    def _scope(self, template: dict[str, Any], parameters: dict[str, str]) -> Scope:
        stack = self.stack
        values = pseudo_parameters(stack.account, stack.region, stack.name, stack.arn)
        values |= typed_parameters(template, parameters)
        return Scope(values, self._ref, self._attribute, template, self._exports)

    def _ref(self, name: str) -> str:
        if name not in self._standing:
            raise ResourceFailed(f"Template error: resource {name} does not exist in this stack")
        return self._standing[name].physical_id

    def _attribute(self, name: str, attribute: str) -> Any:
        held = self._standing.get(name)
        if held is None or attribute not in held.attributes:
            raise ResourceFailed(f"Requested attribute {attribute} does not exist in schema for {name}")
        return held.attributes[attribute]

    def run(self, template: dict[str, Any], parameters: dict[str, str]) -> bool:
        """Make and change what the template wants. False when a resource failed; then `failed` names it."""
        scope = self._scope(template, parameters)
        wanted = []
        for name in creation_order(template):
            definition = template["Resources"][name]
            if "Condition" in definition and not scope.condition(definition["Condition"]):
                continue
            wanted.append(name)
            if not self._one(name, definition, scope):
                return False
        for name in [name for name in self._standing if name not in wanted]:
            self.replaced.append(self._standing.pop(name))
        try:
            outputs = self._outputs(template, scope)
        except (ResourceFailed, AwsError) as exc:
            self.failed = (self.stack.name, getattr(exc, "message", str(exc)))
            return False
        self.stack.resources = {name: self._standing[name] for name in wanted}
        self.stack.outputs = outputs
        return True

    def _one(self, name: str, definition: dict[str, Any], scope: Scope) -> bool:
        held = self._standing.get(name)
        verb = "UPDATE" if held else "CREATE"
        try:
            properties = resolve(definition.get("Properties", {}), scope)
            if held and properties == held.properties:
                held.definition = definition
                return True
            self._say(name, definition["Type"], held.physical_id if held else "", f"{verb}_IN_PROGRESS")
            reason = self._fail(name)
            if reason:
                raise ResourceFailed(reason)
            self._standing[name] = self._made(name, definition, properties, held)
        except (ResourceFailed, AwsError) as exc:
            reason = getattr(exc, "message", str(exc))
            physical = held.physical_id if held else ""
            self._say(name, definition["Type"], physical, f"{verb}_FAILED", reason)
            self.failed = (name, reason)
            return False
        made = self._standing[name]
        self._say(name, made.type, made.physical_id, f"{verb}_COMPLETE")
        return True

    def _made(
        self, name: str, definition: dict[str, Any], properties: dict[str, Any], held: Resource | None
    ) -> Resource:
        maker = provider(definition["Type"])
        changed = _changed(held.properties, properties) if held else set()
        if held and not any(maker.replaces(key) for key in changed):
            made = guarded(maker.update, self.place, held, properties)
            kind = "updated"
        else:
            fixed = maker.name_property and properties.get(maker.name_property)
            if held and fixed and maker.name_property not in changed:
                raise ResourceFailed(_RENAME.format(name=fixed))
            made = guarded(
                maker.create, self.place, str(fixed or self._name_for(name, definition)), properties
            )
            kind = "replaced" if held else "created"
        now = Resource(name, definition["Type"], made.physical_id, properties, made.attributes, definition)
        now.status = "UPDATE_COMPLETE" if held else "CREATE_COMPLETE"
        self.steps.append(Step(kind, held, now))
        if kind == "replaced":
            self.replaced.append(held)
        return now

    def _name_for(self, name: str, definition: dict[str, Any]) -> str:
        bucket = definition["Type"] == "AWS::S3::Bucket"
        return generated_name(self.stack.name, name, limit=63, lower=bucket)

    def _outputs(self, template: dict[str, Any], scope: Scope) -> list[dict[str, Any]]:
        found = []
        for key, output in (template.get("Outputs") or {}).items():
            if "Condition" in output and not scope.condition(output["Condition"]):
                continue
            value = resolve(output["Value"], scope)
            export = resolve(output["Export"]["Name"], scope) if "Export" in output else None
            text = value if isinstance(value, str) else json.dumps(value)
            found.append(
                {
                    "OutputKey": key,
                    "OutputValue": text,
                    "Description": output.get("Description"),
                    "ExportName": export,
                }
            )
        return found

    def _say(self, name: str, kind: str, physical: str, status: str, reason: str | None = None) -> None:
        self.stack.event(name, kind, physical, status, reason)


def _changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {name for name in set(before) | set(after) if before.get(name) != after.get(name)}


def undo(stack: Stack, place: Place, steps: list[Step]) -> None:
    """Take back what was done, newest first, with the events that say so; what stood before stands again."""
    for step in reversed(steps):
        maker, now = provider(step.now.type), step.now
        try:
            if step.kind == "updated":
                stack.event(now.logical_id, now.type, now.physical_id, "UPDATE_IN_PROGRESS")
                guarded(maker.update, place, now, step.before.properties)
                stack.event(now.logical_id, now.type, now.physical_id, "UPDATE_COMPLETE")
            else:
                stack.event(now.logical_id, now.type, now.physical_id, "DELETE_IN_PROGRESS")
                guarded(maker.delete, place, now)
                stack.event(now.logical_id, now.type, now.physical_id, "DELETE_COMPLETE")
        except ResourceFailed as exc:
            stack.event(now.logical_id, now.type, now.physical_id, "DELETE_FAILED", str(exc))


def remove(stack: Stack, place: Place, resources: list[Resource]) -> list[str]:
    """Delete resources in the given order; returns the logical ids that could not be deleted.

    DeletionPolicy Retain leaves the resource alone (CloudFormation "Template reference", DeletionPolicy).
    """
    failed = []
    for held in resources:
        if held.definition.get("DeletionPolicy") in ("Retain", "RetainExceptOnCreate"):
            stack.event(held.logical_id, held.type, held.physical_id, "DELETE_SKIPPED")
            continue
        stack.event(held.logical_id, held.type, held.physical_id, "DELETE_IN_PROGRESS")
        try:
            guarded(provider(held.type).delete, place, held)
        except ResourceFailed as exc:
            held.status, held.reason, held.updated_at = "DELETE_FAILED", str(exc), time.time()
            stack.event(held.logical_id, held.type, held.physical_id, "DELETE_FAILED", str(exc))
            failed.append(held.logical_id)
        else:
            stack.event(held.logical_id, held.type, held.physical_id, "DELETE_COMPLETE")
    return failed
