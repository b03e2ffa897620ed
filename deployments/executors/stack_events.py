"""What CloudFormation's events say about one execution, found by its ClientRequestToken. Pure.

Source: AWS CloudFormation User Guide, "Understand CloudFormation stack creation events" and "Stack status codes".
"""

from deployments.executor import Done, Failed, Poll, Progress, Unknown

DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
UNDONE = ("UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE")
NOTHING_LEFT = ("ROLLBACK_COMPLETE", "DELETE_COMPLETE")


def outcome_of(events: list[dict], token: str, already_logged: tuple = ()) -> Progress | None:
    """None: no event carries the token, so nothing shows that this execution began."""
    ours = [event for event in events if event.get("ClientRequestToken") == token]
    if not ours:
        return None
    lines, seen = _lines(ours, already_logged)
    # Newest first; the stack's own events have its id as physical id.
    of_stack = [event for event in ours if event.get("PhysicalResourceId") == event.get("StackId")]
    status = of_stack[0]["ResourceStatus"] if of_stack else "IN_PROGRESS"
    if status in DONE:
        return Done(f"The stack is {status}.", log=lines)
    if status in UNDONE:
        return Failed(f"AWS undid the change: {_why(ours)}", code="aws_rolled_back", undone=True, log=lines)
    if status in NOTHING_LEFT:
        return Failed(
            f"The stack could not be created: {_why(ours)}",
            code="creation_failed",
            nothing_left=True,
            log=lines,
        )
    if status.endswith("IN_PROGRESS"):
        return Poll(f"The stack is {status}.", data={"logged": seen}, log=lines)
    return Unknown(f"The stack is in {status}: {_why(ours)}")


def _why(events: list[dict]) -> str:
    """The first failure is the cause; later ones are usually "cancelled" because of it."""
    failed = [
        e
        for e in reversed(events)
        if e["ResourceStatus"].endswith("_FAILED") and e.get("ResourceStatusReason")
    ]
    if not failed:
        return "AWS gave no reason."
    return f"{failed[0]['LogicalResourceId']}: {failed[0]['ResourceStatusReason']}"


def _lines(events: list[dict], already_logged) -> tuple[tuple[str, ...], list[str]]:
    fresh = [event for event in reversed(events) if event["EventId"] not in set(already_logged)]
    names = ("ResourceStatus", "ResourceType", "LogicalResourceId", "ResourceStatusReason")
    lines = tuple(" ".join(str(e.get(name, "")) for name in names).rstrip() for e in fresh)
    return lines, [*already_logged, *(event["EventId"] for event in fresh)]
