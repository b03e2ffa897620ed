"""Operations on stacks, over time: create, update and delete in the background, resumable after a crash."""

import threading
import time
from typing import Any

from aws.sandbox.cloudformation.engine import Apply, remove, undo
from aws.sandbox.cloudformation.resources import Place
from aws.sandbox.cloudformation.state import Book, Stack
from aws.sandbox.faults import Faults
from aws.sandbox.floor import Floor

DEFAULT_DELAY_S = 0.2
_ROLLBACK_DELAY_S = 0.1
_TOLD_TO_FAIL = (
    'Resource handler returned message: "told to fail" (HandlerErrorCode: GeneralServiceException)'
)


class Operations:
    """Runs stack operations. Each piece that changes something is kept as one record, so a crash between
    two pieces loses none and repeats none: `Stack.pending` says what is still to be done."""

    def __init__(self, floor: Floor, faults: Faults, keep: Any, stopping: threading.Event):
        self._floor, self._faults, self._keep, self._stopping = floor, faults, keep, stopping
        self.threads: list[threading.Thread] = []

    def begin(self, book: Book, stack: Stack, operation: dict[str, Any]) -> None:
        """Note the operation and carry it out in the background."""
        stack.pending = operation
        self.resume(book, stack)

    def resume(self, book: Book, stack: Stack) -> None:
        """Take up the pending operation of a stack, after a restart too."""
        self.threads = [thread for thread in self.threads if thread.is_alive()]
        thread = threading.Thread(target=self._work, args=(book, stack), name="sandbox-stack", daemon=True)
        self.threads.append(thread)
        thread.start()

    def _work(self, book: Book, stack: Stack) -> None:
        rule = self._faults.lasting("slow_stack", stack.account, "cloudformation", stack.name)
        delay = rule.seconds if rule else DEFAULT_DELAY_S
        doomed = (rule.reason or "Resource creation cancelled") if rule and rule.outcome == "failed" else None
        while stack.pending is not None:
            if self._stopping.wait(delay):
                return
            with self._floor.account(stack.account):
                self._piece(book, stack, doomed)
                self._keep(stack.account, "cloudformation")
            delay = _ROLLBACK_DELAY_S

    def _piece(self, book: Book, stack: Stack, doomed: str | None) -> None:
        operation = stack.pending
        place = self._place(stack)
        if operation["kind"] == "delete":
            self._delete(stack, place)
        elif "undo" in operation:
            self._roll_back(stack, place, operation)
        elif "cleanup" in operation:
            self._clean_up(stack, place, operation)
        else:
            self._apply(book, stack, place, operation, doomed)

    def _place(self, stack: Stack) -> Place:
        def client(service: str) -> Any:
            return self._floor.client(service, stack.account, stack.region)

        return Place(stack.account, stack.region, stack.name, client)

    def _apply(
        self, book: Book, stack: Stack, place: Place, operation: dict[str, Any], doomed: str | None
    ) -> None:
        def fail(logical_id: str) -> str | None:
            rule = self._faults.failing_resource(stack.account, logical_id, stack.name)
            if rule:
                return rule.reason or _TOLD_TO_FAIL
            return doomed

        run = Apply(stack, place, book.exports(), fail)
        creating = operation["kind"] == "create"
        if not run.run(operation["template"], operation["parameters"]):
            operation["undo"] = run.steps
            verb = "create" if creating or run.failed[0] not in stack.resources else "update"
            text = f"The following resource(s) failed to {verb}: [{run.failed[0]}]. "
            state = "ROLLBACK_IN_PROGRESS" if creating else "UPDATE_ROLLBACK_IN_PROGRESS"
            stack.turn(state, text + ("Rollback requested by user." if creating else ""))
            return
        for name in ("template", "template_text", "parameters", "tags", "capabilities"):
            setattr(stack, name, operation[name])
        if creating or not run.replaced:
            self._finish(stack, "CREATE_COMPLETE" if creating else "UPDATE_COMPLETE")
            return
        operation["cleanup"] = list(reversed(run.replaced))
        stack.turn("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")

    def _finish(self, stack: Stack, status: str, reason: str | None = None) -> None:
        stack.turn(status, reason)
        stack.pending = None
        stack.updated_at = None if status == "CREATE_COMPLETE" else time.time()
        for change_set in stack.change_sets.values():
            if change_set.execution_status == "EXECUTE_IN_PROGRESS":
                done = status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
                change_set.execution_status = "EXECUTE_COMPLETE" if done else "EXECUTE_FAILED"

    def _roll_back(self, stack: Stack, place: Place, operation: dict[str, Any]) -> None:
        reason = stack.reason
        undo(stack, place, operation["undo"])
        if operation["kind"] == "create":
            stack.resources = {}
            self._finish(stack, "ROLLBACK_COMPLETE", reason)
        else:
            stack.turn("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
            self._finish(stack, "UPDATE_ROLLBACK_COMPLETE", reason)

    def _clean_up(self, stack: Stack, place: Place, operation: dict[str, Any]) -> None:
        remove(stack, place, [held for held in operation["cleanup"] if not _retained(stack, held)])
        self._finish(stack, "UPDATE_COMPLETE")

    def _delete(self, stack: Stack, place: Place) -> None:
        failed = remove(stack, place, list(reversed(stack.resources.values())))
        if failed:
            stack.resources = {name: stack.resources[name] for name in reversed(failed)}
            text = f"The following resource(s) failed to delete: [{', '.join(failed)}]. "
            self._finish(stack, "DELETE_FAILED", text)
            return
        stack.resources, stack.outputs, stack.change_sets = {}, [], {}
        stack.deleted_at = time.time()
        self._finish(stack, "DELETE_COMPLETE")


def _retained(stack: Stack, held: Any) -> bool:
    replaced = held.logical_id in stack.resources
    return replaced and held.definition.get("UpdateReplacePolicy") == "Retain"
