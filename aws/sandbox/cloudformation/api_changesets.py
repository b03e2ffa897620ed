"""Change sets: create, describe, list, execute, delete."""

import re
import time
from typing import Any

from aws.sandbox.cloudformation import template as templates
from aws.sandbox.cloudformation.changes import NO_CHANGES, Planner
from aws.sandbox.cloudformation.service import CloudFormation
from aws.sandbox.cloudformation.state import ChangeSet, Stack, new_arn
from aws.sandbox.wire import AwsError, Call, stamp

READY_DELAY_S = 0.05
_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
_TOKEN = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]{0,127}")
_UPDATABLE = frozenset(["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"])


def check_token(token: str) -> None:
    """Raise ValidationError for a token that AWS would refuse (pattern [a-zA-Z0-9][-a-zA-Z0-9]*, 128)."""
    if token and not _TOKEN.fullmatch(token):
        raise templates.invalid(f"Value '{token}' at 'clientRequestToken' failed to satisfy constraint")


def check_stack_name(name: str) -> None:
    """Raise ValidationError for a stack name that AWS would refuse."""
    if not _NAME.fullmatch(name):
        text = f"Value '{name}' at 'stackName' failed to satisfy constraint: [a-zA-Z][-a-zA-Z0-9]*"
        raise templates.invalid(f"1 validation error detected: {text}")


def create_change_set(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """CreateChangeSet (API reference): plans; for type CREATE also makes the REVIEW_IN_PROGRESS stack."""
    name, kind = params.get("ChangeSetName", ""), params.get("ChangeSetType", "UPDATE")
    if not _NAME.fullmatch(name):
        raise templates.invalid(f"Value '{name}' at 'changeSetName' failed to satisfy constraint")
    check_token(call.token)
    if kind not in ("CREATE", "UPDATE"):
        raise templates.invalid(f"The sandbox knows ChangeSetType CREATE and UPDATE, not {kind}")
    held = service.book(call).find(params.get("StackName", ""))
    if held and name in held.change_sets:
        same = held.change_sets[name]
        if call.token and same.token == call.token:
            call.effective = False
            return {"Id": same.arn, "StackId": held.arn}
        raise AwsError("AlreadyExistsException", f"ChangeSet {name} already exists")
    stack = _subject(call, params, held, kind)
    change_set = _planned(service, call, params, stack, name, kind)
    if held is None:
        service.book(call).stacks.append(stack)
        stack.turn("REVIEW_IN_PROGRESS", "User Initiated")
    stack.change_sets[name] = change_set
    return {"Id": change_set.arn, "StackId": stack.arn}


def _subject(call: Call, params: dict[str, Any], held: Stack | None, kind: str) -> Stack:
    """The stack a change set is for; a new one, not yet filed, for type CREATE."""
    name = params.get("StackName", "")
    if kind == "UPDATE":
        if held is None:
            raise templates.invalid(f"Stack [{name}] does not exist")
        if held.status not in _UPDATABLE:
            text = f"Stack:{held.arn} is in {held.status} state and can not be updated."
            raise templates.invalid(text)
        return held
    if held is not None and held.status != "REVIEW_IN_PROGRESS":
        text = f"Stack [{name}] already exists and cannot be created again with the changeSet"
        raise templates.invalid(f"{text} [{params['ChangeSetName']}].")
    if held is not None:
        return held
    check_stack_name(name)
    arn = new_arn(call.account, call.region, "stack", name)
    return Stack(name, arn, call.account, call.region, "REVIEW_IN_PROGRESS")


def _planned(
    service: CloudFormation, call: Call, params: dict[str, Any], stack: Stack, name: str, kind: str
) -> ChangeSet:
    if params.get("UsePreviousTemplate") == "true":
        text = stack.template_text
    else:
        text = service.template_text(call, params)
    template = templates.parse(text)
    capabilities = params.get("Capabilities") or []
    values = templates.parameter_values(template, params.get("Parameters") or [], stack.parameters)
    templates.check_capabilities(template, capabilities)
    tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or []} or stack.tags
    planner = Planner(stack, template, values, service.book(call).exports())
    changes = planner.changes()
    empty = not changes and not planner.outputs_changed() and tags == stack.tags
    return ChangeSet(
        name=name,
        arn=new_arn(call.account, call.region, "changeSet", name),
        kind=kind,
        template_text=text,
        template=template,
        parameters=values,
        tags=tags,
        capabilities=capabilities,
        changes=changes,
        status="FAILED" if empty else "CREATE_COMPLETE",
        reason=NO_CHANGES if empty else None,
        execution_status="UNAVAILABLE" if empty else "AVAILABLE",
        description=params.get("Description"),
        token=call.token,
        ready_at=time.time() + READY_DELAY_S,
    )


def _summary(stack: Stack, change_set: ChangeSet, now: float) -> dict[str, Any]:
    ready = change_set.shown_status(now) != "CREATE_IN_PROGRESS"
    return {
        "ChangeSetName": change_set.name,
        "ChangeSetId": change_set.arn,
        "StackId": stack.arn,
        "StackName": stack.name,
        "Description": change_set.description,
        "CreationTime": stamp(change_set.created_at),
        "ExecutionStatus": change_set.execution_status if ready else "UNAVAILABLE",
        "Status": change_set.shown_status(now),
        "StatusReason": change_set.reason if ready else None,
    }


def describe_change_set(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeChangeSet (API reference); IncludePropertyValues adds before and after."""
    stack, change_set = service.change_set(call, params)
    now = time.time()
    answer = _summary(stack, change_set, now)
    answer["Parameters"] = shown_parameters(change_set.template, change_set.parameters)
    answer["Capabilities"] = change_set.capabilities
    answer["Tags"] = [{"Key": key, "Value": value} for key, value in change_set.tags.items()]
    full = params.get("IncludePropertyValues") == "true"
    ready = answer["Status"] != "CREATE_IN_PROGRESS"
    start, size = int(params.get("NextToken") or 0), 100
    page = change_set.changes[start : start + size] if ready else []
    answer["Changes"] = [change if full else _without_values(change) for change in page]
    if ready and start + size < len(change_set.changes):
        answer["NextToken"] = str(start + size)
    return answer


def shown_parameters(template: dict[str, Any], values: dict[str, str]) -> list[dict[str, str]]:
    """Parameters as Describe calls show them: NoEcho ones as ****."""
    declared = template.get("Parameters") or {}
    return [
        {
            "ParameterKey": key,
            "ParameterValue": "****"
            if str(declared.get(key, {}).get("NoEcho", "")).lower() == "true"
            else value,
        }
        for key, value in values.items()
    ]


def _without_values(change: dict[str, Any]) -> dict[str, Any]:
    entry = {
        key: value
        for key, value in change["ResourceChange"].items()
        if key not in ("BeforeContext", "AfterContext")
    }
    hidden = ("Path", "BeforeValue", "AfterValue", "AttributeChangeType")
    if "Details" in entry:
        entry["Details"] = [
            {
                **detail,
                "Target": {key: value for key, value in detail["Target"].items() if key not in hidden},
            }
            for detail in entry["Details"]
        ]
    return {"Type": change["Type"], "ResourceChange": entry}


def execute_change_set(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """ExecuteChangeSet (API reference): starts the operation and deletes the stack's other change sets.

    A repeated call with the same ClientRequestToken is answered as the first; any other second call is
    InvalidChangeSetStatus.
    """
    check_token(call.token)
    stack, change_set = service.change_set(call, params)
    if call.token and change_set.execution_token == call.token:
        call.effective = False
        return {}
    status = change_set.shown_status(time.time())
    if status != "CREATE_COMPLETE" or change_set.execution_status != "AVAILABLE":
        shown = change_set.execution_status if status == "CREATE_COMPLETE" else status
        text = f"ChangeSet [{change_set.arn}] cannot be executed in its current status of [{shown}]"
        raise AwsError("InvalidChangeSetStatus", text)
    creating = stack.status == "REVIEW_IN_PROGRESS"
    if not creating and stack.status not in _UPDATABLE:
        raise templates.invalid(f"Stack:{stack.arn} is in {stack.status} state and can not be updated.")
    stack.change_sets = {change_set.name: change_set}
    change_set.execution_status, change_set.execution_token = "EXECUTE_IN_PROGRESS", call.token
    stack.change_set_id, stack.token = change_set.arn, call.token
    stack.turn("CREATE_IN_PROGRESS" if creating else "UPDATE_IN_PROGRESS", "User Initiated")
    names = ("template", "template_text", "parameters", "tags", "capabilities")
    operation = {name: getattr(change_set, name) for name in names}
    service.operations.begin(
        service.book(call), stack, {"kind": "create" if creating else "update", **operation}
    )
    return {}


def delete_change_set(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """DeleteChangeSet (API reference); one that is gone already is a success that changed nothing."""
    try:
        stack, change_set = service.change_set(call, params)
    except AwsError as error:
        if error.code != "ChangeSetNotFound":
            raise
        call.effective = False
        return {}
    if change_set.execution_status == "EXECUTE_IN_PROGRESS":
        text = f"ChangeSet [{change_set.arn}] cannot be deleted in status [EXECUTE_IN_PROGRESS]"
        raise AwsError("InvalidChangeSetStatus", text)
    del stack.change_sets[change_set.name]
    return {}


def list_change_sets(service: CloudFormation, call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """ListChangeSets (API reference), in one page."""
    stack = service.stack(call, params.get("StackName", ""))
    now = time.time()
    return {"Summaries": [_summary(stack, change_set, now) for change_set in stack.change_sets.values()]}


ACTIONS = {
    "CreateChangeSet": create_change_set,
    "DescribeChangeSet": describe_change_set,
    "ExecuteChangeSet": execute_change_set,
    "DeleteChangeSet": delete_change_set,
    "ListChangeSets": list_change_sets,
}
