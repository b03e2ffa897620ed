"""What a change set would do: the difference between a stack as it stands and a template."""

import json
from typing import Any

from aws.sandbox.cloudformation.intrinsics import LATER, Scope, pseudo_parameters, resolve, typed_parameters
from aws.sandbox.cloudformation.providers import provider
from aws.sandbox.cloudformation.state import Resource, Stack
from aws.sandbox.cloudformation.template import creation_order, invalid, references

NO_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


class Planner:
    """Compares one stack with a template and parameters, without touching anything."""

    def __init__(
        self, stack: Stack, template: dict[str, Any], parameters: dict[str, str], exports: dict[str, str]
    ):
        self.stack, self.template, self.parameters = stack, template, parameters
        values = pseudo_parameters(stack.account, stack.region, stack.name, stack.arn)
        values |= typed_parameters(template, parameters)
        self.scope = Scope(values, self._ref, self._attribute, template, exports)
        self._moving: set[str] = set()

    def _ref(self, name: str) -> str:
        held = self.stack.resources.get(name)
        return LATER if held is None or name in self._moving else held.physical_id

    def _attribute(self, name: str, attribute: str) -> Any:
        held = self.stack.resources.get(name)
        if held is None or name in self._moving:
            return LATER
        return held.attributes.get(attribute, LATER)

    def wanted(self) -> dict[str, dict[str, Any]]:
        """The template's resources whose condition holds, in creation order. Raises for unknown types."""
        found, strange = {}, []
        for name in creation_order(self.template):
            definition = self.template["Resources"][name]
            if "Condition" in definition and not self.scope.condition(definition["Condition"]):
                continue
            if provider(definition["Type"]) is None:
                strange.append(definition["Type"])
            held = self.stack.resources.get(name)
            if held and held.type != definition["Type"]:
                raise invalid(
                    f"Update of resource type is not permitted. The new template modifies [{name}]."
                )
            found[name] = definition
        if strange:
            raise invalid(
                f"Template format error: Unrecognized resource types: [{', '.join(sorted(set(strange)))}]"
            )
        return found

    def changes(self) -> list[dict[str, Any]]:
        """The Changes of DescribeChangeSet, with before and after of every property."""
        wanted = self.wanted()
        found = [change for name in wanted if (change := self._change(name, wanted[name])) is not None]
        gone = [held for name, held in self.stack.resources.items() if name not in wanted]
        return found + [self._removal(held) for held in reversed(gone)]

    def _change(self, name: str, definition: dict[str, Any]) -> dict[str, Any] | None:
        after = resolve(definition.get("Properties", {}), self.scope)
        held = self.stack.resources.get(name)
        if held is None:
            shown = self._masked(definition, after)
            return self._entry("Add", name, definition["Type"], AfterContext=_context(shown))
        if after == held.properties:
            return None
        details = self._details(definition, held, after)
        always = [item for item in details if item["Target"]["RequiresRecreation"] == "Always"]
        static = [item for item in always if item["Evaluation"] == "Static"]
        replacement = "True" if static else "Conditional" if always else "False"
        if replacement != "False":
            self._moving.add(name)
        scope = sorted({item["Target"]["Attribute"] for item in details})
        return self._entry(
            "Modify",
            name,
            held.type,
            PhysicalResourceId=held.physical_id,
            Replacement=replacement,
            PolicyAction=_policy_action(definition, replacement),
            Scope=scope,
            Details=details,
            BeforeContext=_context(self._masked(held.definition, held.properties)),
            AfterContext=_context(self._masked(definition, after)),
        )

    def _removal(self, held: Resource) -> dict[str, Any]:
        retained = held.definition.get("DeletionPolicy") in ("Retain", "RetainExceptOnCreate")
        return self._entry(
            "Remove",
            held.logical_id,
            held.type,
            PhysicalResourceId=held.physical_id,
            PolicyAction="Retain" if retained else "Delete",
            BeforeContext=_context(self._masked(held.definition, held.properties)),
        )

    def _entry(self, action: str, name: str, kind: str, **fields: Any) -> dict[str, Any]:
        given = {key: value for key, value in fields.items() if value is not None}
        change = {"Action": action, "LogicalResourceId": name, "ResourceType": kind, **given}
        return {"Type": "Resource", "ResourceChange": change}

    def _details(
        self, definition: dict[str, Any], held: Resource, after: dict[str, Any]
    ) -> list[dict[str, Any]]:
        maker, details = provider(held.type), []
        for name in sorted(set(after) | set(held.properties)):
            before_value, after_value = held.properties.get(name), after.get(name)
            if before_value == after_value:
                continue
            piece = (definition.get("Properties") or {}).get(name)
            hidden = self._secret(piece) or self._secret((held.definition.get("Properties") or {}).get(name))
            kind = "Add" if name not in held.properties else "Remove" if name not in after else "Modify"
            target = {
                "Attribute": "Tags" if name == "Tags" else "Properties",
                "Name": name,
                "RequiresRecreation": "Always" if maker.replaces(name) else "Never",
                "Path": f"/Properties/{name}",
                "BeforeValue": _shown(before_value, hidden),
                "AfterValue": _shown(after_value, hidden),
                "AttributeChangeType": kind,
            }
            source, entity = self._cause(piece)
            details.append(
                {
                    "Target": {key: value for key, value in target.items() if value is not None},
                    "Evaluation": "Dynamic" if LATER in json.dumps(after_value) else "Static",
                    "ChangeSource": source,
                    "CausingEntity": entity,
                }
            )
        return details

    def _cause(self, piece: Any) -> tuple[str, str | None]:
        for name in sorted(references(piece)):
            if name in self.parameters and self.parameters[name] != self.stack.parameters.get(name):
                return "ParameterReference", name
            if name in self._moving or (
                name in self.template["Resources"] and name not in self.stack.resources
            ):
                kind = "ResourceAttribute" if "GetAtt" in json.dumps(piece) else "ResourceReference"
                return kind, name
        return "DirectModification", None

    def _secret(self, piece: Any) -> bool:
        declared = self.template.get("Parameters") or {}
        return any(
            str((declared.get(name) or {}).get("NoEcho", "")).lower() == "true" for name in references(piece)
        )

    def _masked(self, definition: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
        pieces = definition.get("Properties") or {}
        return {key: "****" if self._secret(pieces.get(key)) else value for key, value in properties.items()}

    def outputs_changed(self) -> bool:
        """Whether the Outputs section or the stack's conditions on it differ from what the stack has."""
        return (self.template.get("Outputs") or {}) != (self.stack.template.get("Outputs") or {})


def _policy_action(definition: dict[str, Any], replacement: str) -> str | None:
    if replacement == "False":
        return None
    kept = definition.get("UpdateReplacePolicy") == "Retain"
    return ("ReplaceAndRetain" if kept else "ReplaceAndDelete") if replacement == "True" else None


def _context(properties: dict[str, Any]) -> str:
    return json.dumps({"Properties": properties}, sort_keys=True)


def _shown(value: Any, hidden: bool) -> str | None:
    if value is None:
        return None
    if hidden:
        return "****"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
