"""Stacks: create, update, delete, describe, list, events, resources, templates."""

import time
from typing import Any

from aws.sandbox.cloudformation import template as templates
from aws.sandbox.cloudformation.api_changesets import check_stack_name, check_token, shown_parameters
from aws.sandbox.cloudformation.changes import Planner
from aws.sandbox.cloudformation.service import CloudFormation
from aws.sandbox.cloudformation.state import Resource, Stack, new_arn
from aws.sandbox.wire import AwsError, Call, stamp

_EVENTS_PER_PAGE = 100
_NO_UPDATES = "No updates are to be performed."


def _operation(
    service: CloudFormation, call: Call, params: dict[str, Any], stack: Stack, kind: str
) -> dict[str, Any]:
    again = params.get("UsePreviousTemplate") == "true"
    text = stack.template_text if again else service.template_text(call, params)
    template = templates.parse(text)
    capabilities = params.get("Capabilities") or []
    values = templates.parameter_values(template, params.get("Parameters") or [], stack.parameters)
    templates.check_capabilities(template, capabilities)
    tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or []} or stack.tags
    planner = Planner(stack, template, values, service.book(call).exports())
    changed = bool(planner.changes()) or planner.outputs_changed() or tags != stack.tags
    if kind == "update" and not changed:
        raise templates.invalid(_NO_UPDATES)
    found = {"template": template, "template_text": text, "parameters": values, "tags": tags}
    return {"kind": kind, "capabilities": capabilities, **found}


def create_stack(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """CreateStack (API reference)."""
    name = params.get("StackName", "")
    check_stack_name(name)
    check_token(call.token)
    held = service.book(call).find(name)
    if held is not None:
        if call.token and held.token == call.token:
            call.effective = False
            return {"StackId": held.arn}
        raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
    arn = new_arn(call.account, call.region, "stack", name)
    stack = Stack(name, arn, call.account, call.region, "CREATE_IN_PROGRESS", token=call.token)
    operation = _operation(service, call, params, stack, "create")
    service.book(call).stacks.append(stack)
    stack.turn("CREATE_IN_PROGRESS", "User Initiated")
    service.operations.begin(service.book(call), stack, operation)
    return {"StackId": stack.arn}


def update_stack(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """UpdateStack (API reference)."""
    check_token(call.token)
    stack = service.stack(call, params.get("StackName", ""))
    if call.token and stack.token == call.token:
        call.effective = False
        return {"StackId": stack.arn}
    if stack.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"):
        raise templates.invalid(f"Stack:{stack.arn} is in {stack.status} state and can not be updated.")
    operation = _operation(service, call, params, stack, "update")
    stack.token, stack.change_sets = call.token, {}
    stack.turn("UPDATE_IN_PROGRESS", "User Initiated")
    service.operations.begin(service.book(call), stack, operation)
    return {"StackId": stack.arn}


def delete_stack(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """DeleteStack (API reference): a stack that does not exist is a success that changed nothing."""
    check_token(call.token)
    stack = service.book(call).find(params.get("StackName", ""))
    if stack is None or stack.status in ("DELETE_COMPLETE", "DELETE_IN_PROGRESS"):
        call.effective = False
        return {}
    if stack.busy:
        raise templates.invalid(f"Stack [{stack.name}] cannot be deleted while in status {stack.status}")
    stack.token = call.token
    if stack.status == "REVIEW_IN_PROGRESS":
        stack.change_sets, stack.deleted_at = {}, time.time()
        stack.turn("DELETE_COMPLETE")
        return {}
    stack.turn("DELETE_IN_PROGRESS", "User Initiated")
    service.operations.begin(service.book(call), stack, {"kind": "delete"})
    return {}


def _described(stack: Stack) -> dict[str, Any]:
    return {
        "StackId": stack.arn,
        "StackName": stack.name,
        "ChangeSetId": stack.change_set_id,
        "Description": stack.template.get("Description"),
        "Parameters": shown_parameters(stack.template, stack.parameters),
        "CreationTime": stamp(stack.created_at),
        "DeletionTime": stamp(stack.deleted_at) if stack.deleted_at else None,
        "LastUpdatedTime": stamp(stack.updated_at) if stack.updated_at else None,
        "RollbackConfiguration": {},
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "DisableRollback": False,
        "NotificationARNs": [],
        "Capabilities": stack.capabilities,
        "Outputs": stack.outputs,
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
        "EnableTerminationProtection": False,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }


def describe_stacks(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeStacks (API reference): one stack by name or id, else all that are not deleted."""
    name = params.get("StackName")
    if name:
        return {"Stacks": [_described(service.stack(call, name, message="Stack with id {} does not exist"))]}
    return {
        "Stacks": [
            _described(stack)
            for stack in reversed(service.book(call).stacks)
            if stack.status != "DELETE_COMPLETE"
            and stack.created_at <= service.hidden_after(call, stack.name)
        ]
    }


def list_stacks(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """ListStacks (API reference), in one page; deleted stacks included unless filtered."""
    wanted = params.get("StackStatusFilter")
    names = ("StackId", "StackName", "CreationTime", "DeletionTime", "LastUpdatedTime", "StackStatus")
    found = []
    for stack in reversed(service.book(call).stacks):
        if (not wanted or stack.status in wanted) and stack.created_at <= service.hidden_after(
            call, stack.name
        ):
            described = _described(stack)
            found.append({name: described[name] for name in (*names, "StackStatusReason")})
    return {"StackSummaries": found}


def describe_stack_events(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeStackEvents (API reference): newest first, 100 a page."""
    stack = service.stack(call, params.get("StackName", ""))
    seen_until = service.hidden_after(call, stack.name)
    events = [event for event in reversed(stack.events) if event["Timestamp"] <= seen_until]
    start = int(params.get("NextToken") or 0)
    page = [{**event, "Timestamp": stamp(event["Timestamp"])} for event in events[start:][:_EVENTS_PER_PAGE]]
    more = start + _EVENTS_PER_PAGE < len(events)
    return {"StackEvents": page, "NextToken": str(start + _EVENTS_PER_PAGE) if more else None}


def _shown(stack: Stack, held: Resource, time_name: str) -> dict[str, Any]:
    return {
        "StackName": stack.name,
        "StackId": stack.arn,
        "LogicalResourceId": held.logical_id,
        "PhysicalResourceId": held.physical_id,
        "ResourceType": held.type,
        time_name: stamp(held.updated_at),
        "ResourceStatus": held.status,
        "ResourceStatusReason": held.reason,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }


def describe_stack_resources(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeStackResources (API reference)."""
    stack = service.stack(call, params.get("StackName", ""))
    wanted = params.get("LogicalResourceId")
    return {
        "StackResources": [
            _shown(stack, held, "Timestamp")
            for name, held in stack.resources.items()
            if wanted in (None, name)
        ]
    }


def describe_stack_resource(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeStackResource (API reference)."""
    stack = service.stack(call, params.get("StackName", ""))
    name = params.get("LogicalResourceId", "")
    if name not in stack.resources:
        raise templates.invalid(f"Resource {name} does not exist for stack {stack.name}")
    return {"StackResourceDetail": _shown(stack, stack.resources[name], "LastUpdatedTimestamp")}


def list_stack_resources(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """ListStackResources (API reference), in one page."""
    stack = service.stack(call, params.get("StackName", ""))
    shown = [_shown(stack, held, "LastUpdatedTimestamp") for held in stack.resources.values()]
    return {"StackResourceSummaries": shown}


def get_template(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """GetTemplate (API reference): the text as it was given, of a stack or of a change set."""
    if params.get("ChangeSetName"):
        text = service.change_set(call, params)[1].template_text
    else:
        text = service.stack(call, params.get("StackName", "")).template_text
    return {"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]}


def _declared(template: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "ParameterKey": key,
            "DefaultValue": None if "Default" not in entry else str(entry["Default"]),
            "NoEcho": str(entry.get("NoEcho", "")).lower() == "true",
            "ParameterType": entry.get("Type", "String"),
            "Description": entry.get("Description"),
        }
        for key, entry in (template.get("Parameters") or {}).items()
    ]


def get_template_summary(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """GetTemplateSummary and ValidateTemplate (API reference): parameters and resource types."""
    if params.get("StackName"):
        template = service.stack(call, params["StackName"]).template
    else:
        template = templates.parse(service.template_text(call, params))
    kinds = sorted({definition["Type"] for definition in template["Resources"].values()})
    answer = {"Parameters": _declared(template), "Description": template.get("Description")}
    try:
        templates.check_capabilities(template, [])
    except AwsError as error:
        answer["Capabilities"] = [error.message.partition("[")[2].rstrip("]")]
        answer["CapabilitiesReason"] = error.message
    return answer if call.action == "ValidateTemplate" else {**answer, "ResourceTypes": kinds}


def list_exports(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """ListExports (API reference), in one page."""
    exports = service.book(call).exports()
    return {"Exports": [{"Name": name, "Value": value} for name, value in sorted(exports.items())]}


ACTIONS = {
    "CreateStack": create_stack,
    "UpdateStack": update_stack,
    "DeleteStack": delete_stack,
    "DescribeStacks": describe_stacks,
    "ListStacks": list_stacks,
    "DescribeStackEvents": describe_stack_events,
    "DescribeStackResources": describe_stack_resources,
    "DescribeStackResource": describe_stack_resource,
    "ListStackResources": list_stack_resources,
    "GetTemplate": get_template,
    "GetTemplateSummary": get_template_summary,
    "ValidateTemplate": get_template_summary,
    "ListExports": list_exports,
}
