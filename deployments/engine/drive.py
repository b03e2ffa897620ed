"""Turn an executor's Progress into what the engine does next. The same for plan, apply, tests and rollback."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from aws.artifacts import ArtifactError
from aws.errors import READING_FAULTS, FaultKind, classify
from deployments.engine import journal
from deployments.engine.send import MOST_AMBIGUOUS, MOST_SENDS, adopt, given_up, send
from deployments.engine.work import NOW, Again, ArtifactChanged, Work, cache, poll_after
from deployments.executor import Calls, Done, Failed, Poll, Progress, Unknown
from deployments.models import Step
from deployments.states import IntentOutcome, StepState
from kernel.clock import now

MOST_UNREADABLE = 20  # reads in a row that failed before a human is asked
MOST_REFUSED = 3  # reads in a row that AWS refused before what has changed nothing yet fails
PAUSE_SECONDS = 86_400  # how long a started deployment waits for its access to be mended (E02)
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
    `stuck` when reading will not settle it any more; `paused` while AWS does not let us in: no time limit runs.
    """

    done: Done | None = None
    failed: Failed | None = None
    again: Again = NOW
    doubt: str = ""
    stuck: bool = False
    paused: bool = False


def keep_notes(work: Work, step: Step, detail: str, data: dict) -> None:
    """For work that people do not follow: the step keeps its state, words and times."""
    journal.set_data(work.deployment, step, _merged(step, data))


def show(work: Work, step: Step, detail: str, data: dict) -> None:
    """Keep the executor's notes and say what the step is doing."""
    with transaction.atomic():
        journal.fence(work.deployment)
        journal.set_step(step, StepState.RUNNING, now(), detail, data=_merged(step, data))


def _merged(step: Step, data: dict) -> dict:
    merged = {**step.data, **data}
    for name in {"unreadable", "paused_since"} - set(data):
        merged.pop(name, None)
    return merged


def drive(
    work: Work,
    step: Step,
    ask: Callable[[], Progress],
    session: Callable,
    *,
    changing: bool = False,
    settle: Callable[[Work, Step, str, dict], None] = show,
) -> Moved:
    """Ask the executor once and carry out what it answers. `session()` is opened late: it may fail too.

    `changing`: AWS has or may have been changed already, so a refusal to let us read pauses and fails nothing.
    `settle(work, step, detail, notes)` writes what the step is at.
    """
    try:
        progress = ask()
        opened = session() if isinstance(progress, Calls) else None
    except ArtifactChanged as error:
        return Moved(failed=Failed(str(error), code="artifact_mismatch", changed=False))
    except (*READING_FAULTS, ArtifactError, OSError) as error:
        return _unreadable(work, step, error, changing, settle)
    adopt(work)
    if isinstance(progress, Calls):
        return _calls(work, step, progress, opened, settle)
    _note(work, step, progress)
    if isinstance(progress, Done):
        return Moved(done=progress)
    if isinstance(progress, Failed):
        return Moved(failed=progress)
    if isinstance(progress, Unknown):
        return _doubt(work, step, progress.detail, settle)
    settle(work, step, progress.detail, progress.data)
    return Moved(again=Again(progress.after) if progress.after is not None else poll_after(step))


def _calls(work: Work, step: Step, progress: Calls, session, settle: Callable) -> Moved:
    settle(work, step, progress.detail, progress.data)
    lost = given_up(work.deployment, progress.calls)
    if lost is not None:  # AWS has just been read again and shows nothing of it
        return Moved(doubt=f"The answer to {lost} was lost {MOST_AMBIGUOUS} times.", stuck=True)
    sent = send(work, step, progress.calls, session)
    if sent.worst == IntentOutcome.DONE:
        return Moved(again=NOW)
    if sent.worst == IntentOutcome.AMBIGUOUS:
        _log(work, f"The answer of AWS was lost ({sent.code}); reading what happened.")
        return Moved(again=NOW, doubt=f"The answer to a call was lost ({sent.code}).")
    if sent.throttled and sent.sends < MOST_SENDS:
        _log(work, f"AWS asks to slow down ({sent.code}); trying again.")
        return Moved(again=poll_after(step))
    if not sent.throttled and (sent.sends <= 1 or (sent.code in THERE and sent.sends < MOST_SENDS)):
        return Moved(again=NOW)  # the executor reads once more: "already exists" is adopted, not an error
    return Moved(failed=Failed(f"{sent.code}: {sent.message}", code=sent.code, changed=False))


def _unreadable(work: Work, step: Step, error: Exception, changing: bool, settle: Callable) -> Moved:
    fault = getattr(error, "fault", None) or classify(error)
    cache.drop(work.deployment.pk)
    detail = f"AWS could not be read: {fault.code}: {fault.message}"
    if fault.kind == FaultKind.REFUSED and changing:
        return _pause(work, step, detail, settle)
    if fault.kind == FaultKind.REFUSED and step.data.get("unreadable", 0) >= MOST_REFUSED:
        return Moved(failed=Failed(detail, code=fault.code, changed=False), doubt=detail)
    return _doubt(work, step, detail, settle)


def _doubt(work: Work, step: Step, detail: str, settle: Callable) -> Moved:
    rounds = step.data.get("unreadable", 0) + 1
    settle(work, step, detail, {"unreadable": rounds})
    if rounds == 1:
        _log(work, detail)
    return Moved(again=poll_after(step), doubt=detail, stuck=rounds >= MOST_UNREADABLE)


def _pause(work: Work, step: Step, detail: str, settle: Callable) -> Moved:
    """AWS does not let us in any more: everything stays as it is, and goes on by itself once it does again."""
    at = now()
    since = step.data.get("paused_since") or at.isoformat()
    if "paused_since" not in step.data:
        _log(work, f"Paused. {detail}")
    settle(work, step, detail, {"paused_since": since})
    waited = (at - datetime.fromisoformat(since)).total_seconds()
    return Moved(again=poll_after(step), doubt=detail, paused=True, stuck=waited > PAUSE_SECONDS)


def _note(work: Work, step: Step, progress) -> None:
    if getattr(progress, "log", ()):
        _log(work, *progress.log)
    if isinstance(progress, Done | Failed | Poll) and step.data.get("last_detail") != progress.detail:
        with transaction.atomic():
            journal.fence(work.deployment)
            journal.log(work.deployment, [progress.detail], now())
            journal.set_data(work.deployment, step, {**step.data, "last_detail": progress.detail})


def _log(work: Work, *lines: str) -> None:
    with transaction.atomic():
        journal.fence(work.deployment)
        journal.log(work.deployment, lines, now())
