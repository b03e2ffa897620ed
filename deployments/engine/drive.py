"""Turn an executor's Progress into what the engine does next. The same for plan, apply, tests and rollback."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from aws.artifacts import ArtifactError
from aws.errors import READING_FAULTS, FaultKind, classify
from deployments.engine import journal
from deployments.engine.send import MOST_AMBIGUOUS, MOST_SENDS, adopt, send
from deployments.engine.work import NOW, Again, ArtifactChanged, Work, cache, poll_after
from deployments.executor import Calls, Done, Failed, Poll, Progress, Unknown
from deployments.models import Step
from deployments.states import IntentOutcome, StepState
from kernel.clock import now

READ_BACKOFF = 2.0  # seconds after AWS could not be read, times the time scale through poll_after
MOST_UNREADABLE = 20  # reads in a row that failed before a human is asked
# Refusals that say "this was done already, or something else was": an earlier try may have arrived late.
THERE = (
    "AlreadyExistsException",
    "ConditionalRequestConflict",
    "InvalidChangeSetStatus",
    "PreconditionFailed",
    "TokenAlreadyExistsException",
)


@dataclass(frozen=True)
class Moved:
    """What one drive came to: an end (`done` or `failed`), or neither and `again` says when to come back.

    `doubt` is set while an answer is lost or AWS cannot be read, with the words for people;
    `stuck` when reading will not settle it any more.
    """

    done: Done | None = None
    failed: Failed | None = None
    again: Again = NOW
    doubt: str = ""
    stuck: bool = False


def drive(work: Work, step: Step, ask: Callable[[], Progress], session: Callable) -> Moved:
    """Ask the executor once and carry out what it answers. `session()` is opened late: it may fail too."""
    try:
        progress = ask()
    except ArtifactChanged as error:
        return Moved(failed=Failed(str(error), code="artifact_mismatch", changed=False))
    except (*READING_FAULTS, ArtifactError, OSError) as error:
        return _unreadable(work, step, error)
    adopt(work)
    if isinstance(progress, Calls):
        return _calls(work, step, progress, session())
    _note(work, step, progress)
    if isinstance(progress, Done):
        return Moved(done=progress)
    if isinstance(progress, Failed):
        return Moved(failed=progress)
    if isinstance(progress, Unknown):
        return _doubt(work, step, progress.detail)
    _settle(work, step, progress.detail, progress.data)
    return Moved(again=Again(progress.after) if progress.after is not None else poll_after(step))


def _calls(work: Work, step: Step, progress: Calls, session) -> Moved:
    _settle(work, step, progress.detail, progress.data)
    sent = send(work, step, progress.calls, session)
    if sent.worst == IntentOutcome.DONE:
        return Moved(again=NOW)
    if sent.worst == IntentOutcome.AMBIGUOUS:
        _log(work, f"The answer of AWS was lost ({sent.code}); reading what happened.")
        return Moved(
            again=NOW,
            doubt=f"The answer to a call was lost ({sent.code}).",
            stuck=sent.sends >= MOST_AMBIGUOUS,
        )
    if sent.throttled and sent.sends < MOST_SENDS:
        _log(work, f"AWS asks to slow down ({sent.code}); trying again.")
        return Moved(again=poll_after(step))
    if not sent.throttled and (sent.sends <= 1 or (sent.code in THERE and sent.sends < MOST_SENDS)):
        return Moved(again=NOW)  # the executor reads once more: "already exists" is adopted, not an error
    return Moved(failed=Failed(f"{sent.code}: {sent.message}", code=sent.code, changed=False))


def _unreadable(work: Work, step: Step, error: Exception) -> Moved:
    fault = getattr(error, "fault", None) or classify(error)
    cache.drop(work.deployment.pk)
    detail = f"AWS could not be read: {fault.code}: {fault.message}"
    if fault.kind == FaultKind.REFUSED and step.data.get("unreadable", 0) >= 3:
        _log(work, detail)
        return Moved(failed=Failed(detail, code=fault.code, changed=False), doubt=detail)
    return _doubt(work, step, detail)


def _doubt(work: Work, step: Step, detail: str) -> Moved:
    rounds = step.data.get("unreadable", 0) + 1
    _settle(work, step, detail, {"unreadable": rounds})
    if rounds == 1:
        _log(work, detail)
    return Moved(again=poll_after(step), doubt=detail, stuck=rounds >= MOST_UNREADABLE)


def _settle(work: Work, step: Step, detail: str, data: dict) -> None:
    """Keep the executor's notes and say what the step is doing."""
    merged = {**step.data, **data}
    if "unreadable" not in data:
        merged.pop("unreadable", None)
    with transaction.atomic():
        journal.fence(work.deployment)
        journal.set_step(step, StepState.RUNNING, now(), detail, data=merged)


def _note(work: Work, step: Step, progress) -> None:
    if getattr(progress, "log", ()):
        _log(work, *progress.log)
    if isinstance(progress, Done | Failed | Poll) and step.data.get("last_detail") != progress.detail:
        _log(work, progress.detail)
        step.data["last_detail"] = progress.detail
        Step.objects.filter(pk=step.pk).update(data=step.data)


def _log(work: Work, *lines: str) -> None:
    with transaction.atomic():
        journal.fence(work.deployment)
        journal.log(work.deployment, lines, now())
