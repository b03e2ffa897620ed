"""CloudFormation stack: change set → people → execute, and whatever AWS made of it is read from its events.

Idempotency (AWS CloudFormation API reference): a change set's name is unique in its stack and carries our
ClientToken; ExecuteChangeSet carries our ClientRequestToken, and every stack event it causes repeats that token.
"""

from dataclasses import replace

from aws.errors import FaultKind, classify
from aws.templates import TemplateUnreadable, declared_parameters
from deployments.executor import Call, Calls, Context, Done, Failed, Poll, Progress, Unknown
from deployments.executors.stack_events import outcome_of

UNUSED = ("AVAILABLE", "UNAVAILABLE", "OBSOLETE")  # execution states of a change set that nobody executed
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


class CloudFormationStack:
    kind = "cloudformation-stack"
    artifact_kinds = ("cloudformation-template", "lambda-zip")

    def plan(self, context: Context) -> Progress:
        return _plan(context, "plan")

    def apply(self, context: Context) -> Progress:
        return _execute(context, "apply")

    def rollback(self, context: Context) -> Progress:
        """A change set back to that release's template; executed as soon as it is there."""
        if not outcome_of(_events(context), _token(context)):
            planned = _plan(context, "rollback")
            if not isinstance(planned, Done):
                return planned
            if planned.result["state"] == "none":
                return Done(f"The stack is already as {context.version} left it.")
            context = replace(context, data={**context.data, **planned.result["data"]})
        return _execute(context, "rollback")

    def cleanup(self, context: Context) -> Progress:
        client = _client(context)
        found = _describe(context)
        if found is not None and found.get("ExecutionStatus") in UNUSED:
            return Calls((_delete_change_set(context),), "Removing the unused change set.")
        if found is None:
            context.saw(_unplan(context))
        stack = _stack(context)
        if stack is None or stack["StackStatus"] != "REVIEW_IN_PROGRESS":
            context.saw(f"{context.name_prefix}-empty")
            return Done("Nothing is left over.")
        # An empty stack that only a change set made. Another deployment's plan may live in it: leave it then.
        if client.list_change_sets(StackName=context.settings["stack"]).get("Summaries"):
            return Done("Another plan uses the stack.")
        return Calls((_delete_stack(context, "cleanup", "empty"),), "Removing the empty stack.")


def _client(context: Context):
    return context.session.client("cloudformation", retries=True)


def _gone_is_none(call):
    try:
        return call()
    except Exception as error:
        if classify(error).kind == FaultKind.GONE:
            return None
        raise


def _stack(context: Context) -> dict | None:
    found = _gone_is_none(lambda: _client(context).describe_stacks(StackName=context.settings["stack"]))
    return found["Stacks"][0] if found and found["Stacks"] else None


def _describe(context: Context) -> dict | None:
    """The change set named for this plan, all its pages in one, or None."""
    names = {"StackName": context.settings["stack"], "ChangeSetName": context.name_prefix}
    found = _gone_is_none(lambda: _client(context).describe_change_set(**names))
    following = found.get("NextToken") if found else None
    while following:
        page = _client(context).describe_change_set(**names, NextToken=following)
        found["Changes"] += page.get("Changes", [])
        following = page.get("NextToken")
    return found


def _events(context: Context) -> list[dict]:
    """The stack's events, newest first, as AWS lists them; an unknown stack has none."""
    pages = (
        _client(context).get_paginator("describe_stack_events").paginate(StackName=context.settings["stack"])
    )
    found = _gone_is_none(lambda: [event for page in pages for event in page["StackEvents"]])
    return found or []


def _plan(context: Context, purpose: str) -> Progress:
    stack = _stack(context)
    status = stack["StackStatus"] if stack else None
    if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"):
        return Calls(
            (_delete_stack(context, "cleanup", "dead"),), "Removing the dead stack of a failed creation."
        )
    context.saw(f"{context.name_prefix}-dead")
    if status and status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        return Poll(f"The stack is busy ({status}).")
    if status and status.endswith("_FAILED"):
        return Unknown(f"The stack is in {status}; a person must mend it in AWS.")
    found = _describe(context)
    if found is None:
        intent = context.sent(f"{context.name_prefix}-plan")
        if intent is not None and intent.outcome == "done" and "change_set" not in context.data:
            return Poll("AWS took the order; the change set is not visible yet.")
        refused = _refused(context, f"{context.name_prefix}-plan")
        return refused or _create(
            context, "UPDATE" if status not in (None, "REVIEW_IN_PROGRESS") else "CREATE", purpose
        )
    context.saw(f"{context.name_prefix}-plan", Id=found["ChangeSetId"])
    if found["Status"] in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
        return Poll("AWS is computing the change set.")
    if found["Status"] == "FAILED":
        reason = found.get("StatusReason", "no reason given")
        if any(words in reason for words in NO_CHANGES):
            return Done("Nothing would change.", {"state": "none", "changes": [], "data": {}})
        return Failed(reason, code="plan_failed", changed=False)
    if found["Status"] != "CREATE_COMPLETE":
        return Failed(f"The change set is {found['Status']}.", code="plan_failed", changed=False)
    data = {"change_set": found["ChangeSetId"], "new": status in (None, "REVIEW_IN_PROGRESS")}
    changes = normalise(found.get("Changes", []))
    return Done("The change set is computed.", {"state": "ready", "changes": changes, "data": data})


def normalise(changes: list[dict]) -> list[dict]:
    """What people see and the digest is taken over: sorted, no physical ids, no times."""
    rows = []
    for change in changes:
        one = change.get("ResourceChange") or {}
        fields = sorted(
            {
                d.get("Target", {}).get("Name") or d["Target"].get("Attribute", "")
                for d in one.get("Details", [])
                if d.get("Target")
            }
        )
        rows.append(
            {
                "action": one.get("Action", "Unknown"),
                "logical_id": one.get("LogicalResourceId", ""),
                "type": one.get("ResourceType", ""),
                "replacement": one.get("Replacement") or None,
                "properties": fields,
            }
        )
    return sorted(rows, key=lambda row: (row["action"], row["logical_id"]))


def _refused(context: Context, token: str) -> Failed | None:
    """Our call was refused for good: say AWS's words. A throttled one is simply sent again."""
    intent = context.sent(token)
    if intent is None or intent.outcome != "refused" or intent.response.get("throttled"):
        return None
    if intent.response.get("code") in ("AlreadyExistsException", "InvalidChangeSetStatus"):
        return None
    detail = f"{intent.response.get('code')}: {intent.response.get('message')}"
    return Failed(detail, code="plan_failed", changed=False)


def _create(context: Context, kind: str, purpose: str) -> Progress:
    template = context.artifacts.get(context.settings["template"])
    if template is None or template.bucket is None:
        return Failed(
            f"The build has no artifact named {context.settings['template']}.",
            code="plan_failed",
            changed=False,
        )
    try:
        declared = declared_parameters(context.read_artifact(template.name))
    except TemplateUnreadable as error:
        return Failed(f"The template cannot be read: {error}", code="plan_failed", changed=False)
    token = f"{context.name_prefix}-plan"
    params = {
        "StackName": context.settings["stack"],
        "ChangeSetName": context.name_prefix,
        "ChangeSetType": kind,
        "TemplateURL": f"https://{template.bucket}.s3.{context.region}.amazonaws.com/{template.key}?versionId={template.version_id}",
        "Parameters": _parameters(context, declared),
        "Capabilities": list(context.settings.get("capabilities", ())),
        "Description": f"{context.application} {context.version} to {context.environment}",
        "Tags": [{"Key": "release-gate:application", "Value": context.application}],
    }
    target = f"change set of stack {context.settings['stack']}"
    call = Call("cloudformation.CreateChangeSet", params, token, target, purpose, token_field="ClientToken")
    return Calls((call,), "Creating the change set.")


def _parameters(context: Context, declared: frozenset[str]) -> list[dict]:
    values = {**context.settings.get("parameters", {}), **context.parameters}
    for artifact in context.artifacts.values():
        name = "".join(part.capitalize() for part in artifact.name.replace("_", "-").split("-"))
        offered = {
            f"{name}Bucket": artifact.bucket,
            f"{name}Key": artifact.key,
            f"{name}ObjectVersion": artifact.version_id,
            f"{name}Digest": artifact.digest,
        }
        values |= {key: value for key, value in offered.items() if key in declared and value}
    return [{"ParameterKey": key, "ParameterValue": str(value)} for key, value in sorted(values.items())]


def _token(context: Context) -> str:
    return f"{context.name_prefix}-exec"


def _execute(context: Context, purpose: str) -> Progress:
    token = _token(context)
    seen = outcome_of(_events(context), token, already_logged=context.data.get("logged", ()))
    if seen is not None:
        context.saw(token)
        return seen
    found = _describe(context)
    intent = context.sent(token)
    if found is not None and found.get("ExecutionStatus") == "AVAILABLE":
        if intent is not None and intent.outcome == "done":
            return Poll("AWS took the order; its events are not visible yet.")
        params = {"ChangeSetName": context.data["change_set"], "StackName": context.settings["stack"]}
        target = f"stack {context.settings['stack']}"
        call = Call(
            "cloudformation.ExecuteChangeSet",
            params,
            token,
            target,
            purpose,
            token_field="ClientRequestToken",
        )
        return Calls((call,), "Executing the change set.")
    if intent is not None and intent.outcome in ("done", "ambiguous", "pending"):
        return Poll("AWS took the order; its events are not visible yet.")
    return Failed("The change set that was approved is no longer there.", code="plan_stale", changed=False)


def _delete_change_set(context: Context) -> Call:
    params = {"StackName": context.settings["stack"], "ChangeSetName": context.name_prefix}
    target = f"change set of stack {context.settings['stack']}"
    return Call("cloudformation.DeleteChangeSet", params, _unplan(context), target, "cleanup")


def _unplan(context: Context) -> str:
    return f"{context.name_prefix}-unplan"


def _delete_stack(context: Context, purpose: str, why: str) -> Call:
    params = {"StackName": context.settings["stack"]}
    token = f"{context.name_prefix}-{why}"
    return Call(
        "cloudformation.DeleteStack",
        params,
        token,
        f"stack {context.settings['stack']}",
        purpose,
        "ClientRequestToken",
    )
