"""The team's tests, from the artifact, in the target account, after each change: only then `succeeded` (J05)."""

from datetime import timedelta

from django.db import transaction

from audit.actions.append import record_denial
from builds.actions.attach_evidence import Report, attach_result, read_report
from builds.testspec import suites_for
from deployments import runners
from deployments.engine import ending, journal
from deployments.engine.doubt import settle_doubt
from deployments.engine.drive import Moved, drive
from deployments.engine.staging import stage
from deployments.engine.work import NOW, Again, Work, context_for
from deployments.executor import Done, Poll, Progress
from deployments.models import Step
from deployments.redaction import redacted_lines
from deployments.states import State, StepKind, StepState
from deployments.transition import transition
from kernel.clock import now
from kernel.refusals import Refusal

LOG_LINES = 500  # of a suite's log that are kept, the last ones; masked before they are cut


def tick(work: Work) -> Again:
    """One step of the tests of the deployed release; then the bake; then `succeeded`."""
    step = journal.step_of(work.deployment, StepKind.TEST)
    verdict, again = run_tests(work, step, work.deployment.release, State.VERIFYING)
    if verdict is None:
        return again
    if verdict == "failed":
        return ending.begin_rollback(work, step, _words(step))
    return _bake(work) or _succeed(work)


def run_tests(work: Work, step: Step, release, phase: State) -> tuple[str | None, Again]:
    """("passed" | "failed" | None while running, when to come back). Every attempt of a suite is recorded."""
    if work.stage.get("tests", "required") == "none":
        _finish(work, step, StepState.SKIPPED, "This stage runs no tests.")
        return "passed", NOW
    suites = suites_for(release.build.test_spec, work.deployment.environment_id)
    index = step.data.get("suite", 0)
    if index >= len(suites):
        return _all_done(work, step, suites)
    suite, attempt = suites[index], step.data.get("attempt", 1)
    moved = drive(
        work,
        step,
        lambda: _ask(work, step, release, suite, attempt),
        lambda: work.session("test"),
        changing=True,
    )
    if moved.done or moved.failed:
        _record(work, step, release, suite, attempt, moved)
        return None, settle_doubt(work, phase, Moved(again=NOW))
    if _late(step, suite) and not moved.doubt:
        _record(work, step, release, suite, attempt, Moved(done=Done("timed out", {"status": "TIMED_OUT"})))
        return None, NOW
    return None, settle_doubt(work, phase, moved)


def _ask(work: Work, step: Step, release, suite: dict, attempt: int) -> Progress:
    prefix = f"{work.prefix}-{step.seq}"
    staged = stage(work, release, work.session("deploy"), prefix)
    if not isinstance(staged, Done):
        return staged
    if "suite_started" not in step.data:
        return Poll("Starting the tests.", after=0, data={"suite_started": now().isoformat()})
    context = context_for(work, step, "test", release=release, data=dict(step.data), prefix=prefix)
    return runners.REGISTRY[suite["kind"]](context, suite, f"{prefix}-{step.data.get('suite', 0)}-{attempt}")


def _late(step: Step, suite: dict) -> bool:
    started = step.data.get("suite_started")
    if started is None:
        return False
    limit = timedelta(seconds=suite["timeout"] + 300)
    return now() - type(now()).fromisoformat(started) > limit


def _record(work: Work, step: Step, release, suite: dict, attempt: int, moved: Moved) -> None:
    """Keep this attempt's result as evidence of the deployment; a failed one is tried again where configured."""
    result = moved.done.result if moved.done else {"status": "ERROR", "detail": moved.failed.detail}
    deployment = work.deployment
    about = {"build": release.build, "subject": f"deployment:{deployment.pk}"}
    report, refused = _report(result.get("junit"), f"{suite['name']} #{attempt}", about)
    with transaction.atomic():
        journal.fence(deployment)
        evidence = attach_result(actor=work.actor, report=report, **about) if report else None
        passed, words = judge(result, evidence) if refused is None else _refused(work, refused)
        journal.log(
            deployment,
            [
                *redacted_lines([result.get("log", "")])[0][-LOG_LINES:],
                f"{suite['name']} #{attempt}: {words}",
            ],
            now(),
        )
        entry = {
            "suite": suite["name"],
            "attempt": attempt,
            "passed": passed,
            "words": words,
            "required": suite["required"],
        }
        data = {**step.data, "results": [*step.data.get("results", []), entry], "last_detail": ""}
        data.pop("suite_started", None)
        again = not passed and attempt <= suite.get("retries", 0)
        data |= {"attempt": attempt + 1} if again else {"suite": step.data.get("suite", 0) + 1, "attempt": 1}
        journal.set_step(step, StepState.RUNNING, now(), f"{suite['name']}: {words}", data=data)


def _report(junit: bytes | None, name: str, about: dict) -> tuple[Report | None, Refusal | None]:
    """The report, read before any lock is taken, or why it could not be: the team's tests wrote it."""
    if junit is None:
        return None, None
    try:
        return read_report(kind="junit", name=name, data=junit, **about), None
    except Refusal as refusal:
        return None, refusal


def _refused(work: Work, refusal: Refusal) -> tuple[bool, str]:
    if refusal.denial is not None:
        record_denial(work.actor, refusal.denial, refusal.code)
    said = [error["detail"] for error in refusal.errors] or [refusal.detail]
    return False, f"left a report that cannot be read: {' '.join(said)}"


def judge(result: dict, evidence) -> tuple[bool, str]:
    """A suite passed only if it ended well, reported, ran at least one test, and none failed."""
    if result["status"] != "SUCCEEDED":
        return False, f"ended {result['status']}. {result.get('detail', '')}".strip()
    if evidence is None:
        return False, "left no report; nothing unread counts as passed."
    summary = evidence.summary
    if not summary.get("tests"):
        return False, "ran zero tests, which is a failure."
    words = f"{summary['passed']} of {summary['tests']} passed."
    return evidence.verdict == "pass", words


def _all_done(work: Work, step: Step, suites: list[dict]) -> tuple[str, Again]:
    last = {}
    for entry in step.data.get("results", []):
        last[entry["suite"]] = entry
    required = work.stage.get("tests", "required") == "required"
    bad = [e for e in last.values() if not e["passed"] and e["required"] and required]
    if bad or (required and not suites):
        if step.state == StepState.RUNNING or step.state == StepState.PENDING:
            _finish(work, step, StepState.FAILED, _words(step))
        return "failed", NOW
    _finish(work, step, StepState.DONE, _words(step))
    return "passed", NOW


def _words(step: Step) -> str:
    last = {entry["suite"]: entry for entry in step.data.get("results", [])}
    return " ".join(f"{name}: {entry['words']}" for name, entry in last.items()) or "No suite ran."


def _finish(work: Work, step: Step, state: StepState, detail: str) -> None:
    with transaction.atomic():
        journal.fence(work.deployment)
        journal.set_step(step, state, now(), detail)


def _bake(work: Work) -> Again | None:
    """Wait out the stage's bake time, if it has one."""
    seconds = work.stage.get("bake") or 0
    step = journal.step_of(work.deployment, StepKind.BAKE)
    if step is None or not seconds:
        return None
    if step.started_at is None:
        with transaction.atomic():
            journal.fence(work.deployment)
            journal.set_step(step, StepState.RUNNING, now(), f"Baking for {seconds} s.")
    left = (step.started_at + timedelta(seconds=seconds) - now()).total_seconds()
    if left > 0:
        return Again(left)
    _finish(work, step, StepState.DONE, "Baked.")
    return None


def _succeed(work: Work) -> Again:
    with transaction.atomic():
        journal.fence(work.deployment)
        at = now()
        if work.deployment.state == State.UNCERTAIN:
            transition(work.deployment, State.VERIFYING, actor=work.actor, at=at, why="AWS has been read.")
        transition(work.deployment, State.SUCCEEDED, actor=work.actor, at=at, reasons=[])
        journal.log(work.deployment, ["succeeded"], at)
        ending.skip_rest(work.deployment, at)
    return NOW
