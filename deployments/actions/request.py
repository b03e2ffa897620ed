"""Ask for a release to be brought into an environment. What decide() denies creates nothing."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from audit.actions.append import append
from deployments import history
from deployments.decision import decide
from deployments.expedited import path_of, undefined
from deployments.facts import Candidate
from deployments.lease import poke
from deployments.models import Deployment, Lane, Step
from deployments.queries import open_one
from deployments.schedule import instant_problem, schedule_problem
from deployments.states import State, StepKind, StepState
from deployments.typed_version import check_typed
from kernel.actor import Actor, require
from kernel.clock import now, raw_now
from kernel.permissions import Permission
from kernel.refusals import Conflict, Denial, Forbidden, Invalid, NotFound
from kernel.verdicts import Deny, wire_time
from pipelines.expedited import asked_slots
from pipelines.models import Environment
from pipelines.openings import next_opening_for
from pipelines.queries import current_pipeline, stage_of
from pipelines.secrets import find_secret
from pipelines.targets import LONGEST_VALUE, MOST_PARAMETERS, PARAMETER_NAME
from releases.queries import get_release

_PARAMETER = re.compile(PARAMETER_NAME)
SEQUENCE = (
    StepKind.VERIFY_ARTIFACTS,
    StepKind.PLAN,
    StepKind.GATE,
    StepKind.WINDOW,
    StepKind.LANE,
    StepKind.APPLY,
    StepKind.TEST,
)


class OpenRequestDiffers(Conflict):
    code = "open_request_differs"
    title = "A request that asks for something else is open"


class Denied(Conflict):
    code = "denied"
    title = "The deployment was denied"


@dataclass(frozen=True)
class Requested:
    deployment: Deployment
    created: bool


@transaction.atomic
def request(
    *,
    actor: Actor,
    application: str,
    version: str,
    environment: str,
    reason: str = "",
    parameters: dict | None = None,
    not_before: datetime | None = None,
    zone: str = "UTC",
    typed_version: str | None = None,
    expedited: bool = False,
) -> Requested:
    """The open deployment of the pair: created now, or the one that is open already (same parameters, and no other
    start than that one's).

    `expedited`: the way that the pipeline defines for it; once asked for, never undone.
    `not_before`: an instant at which the calendar lets it start; `zone`: the asker's, for what a refusal says.
    `typed_version`: what was typed where a page asks for it; None: not asked (deployments.typed_version).
    Raises NotFound, Forbidden, Invalid (`secret_in_parameters`, `in_the_past`, `too_far_ahead`,
    `schedule_outside_window` with `next_opening`, `expedited_not_defined`), OpenRequestDiffers, Denied,
    VersionNotTyped.
    """
    release = get_release(actor, application, version)
    place = Environment.objects.select_related("account").filter(pk=environment, archived_at=None).first()
    if place is None:
        raise NotFound()
    _allowed(actor, release)
    parameters = parameters or {}
    check_parameters(parameters)
    at = now()
    _schedulable(place, application, not_before, at, zone)
    way = {"skipped_stages": _path(application, environment)["skip"]} if expedited else {}
    existing = open_one(release.pk, environment)
    if existing is not None:
        return _existing(existing, parameters, expedited, not_before)
    verdict = decide(Candidate(release, place, expedited=expedited), actor, at)
    if isinstance(verdict, Deny):
        raise denied(release, place, verdict)
    check_typed(typed_version, version=version, place=place.name, protected=place.protected)
    try:
        with transaction.atomic():
            row = create(actor, release, place, reason, parameters, not_before, at, **way)
    except IntegrityError:
        return _existing(open_one(release.pk, environment), parameters, expedited, not_before)
    return Requested(row, True)


def _allowed(actor: Actor, release) -> None:
    if actor.application is not None:
        if "deployments:request" not in actor.scopes:
            raise Forbidden(
                "This token may not request deployments.", missing_permission="deployments:request"
            )
        return
    require(actor, Permission.DEPLOYMENT_REQUEST, team=release.application.team_id)


def check_parameters(parameters: dict) -> None:
    """As many and as long as a template takes, text values only, and nothing that looks like a secret (B12); the
    value is never echoed."""
    if len(parameters) > MOST_PARAMETERS or not all(_PARAMETER.fullmatch(key) for key in parameters):
        detail = f"There are at most {MOST_PARAMETERS} parameters, each named by 1 to 255 letters and digits."
        raise Invalid(errors=[{"pointer": "/parameters", "code": "parameter_invalid", "detail": detail}])
    for key, value in parameters.items():
        if not isinstance(value, str) or len(value) > LONGEST_VALUE:
            detail = f"A parameter's value is text of at most {LONGEST_VALUE} characters."
            raise Invalid(
                errors=[{"pointer": f"/parameters/{key}", "code": "parameter_invalid", "detail": detail}]
            )
    pointer = find_secret(parameters)
    if pointer is not None:
        detail = "This looks like a secret. Name a Secrets Manager or SSM parameter ARN instead."
        raise Invalid(
            errors=[{"pointer": f"/parameters{pointer}", "code": "secret_in_parameters", "detail": detail}]
        )


def _schedulable(
    place: Environment, application: str, not_before: datetime | None, at: datetime, zone: str
) -> None:
    """The calendar of that instant as it is known today; the start asks it again, whatever was said here."""
    if not_before is None:
        return
    problem = instant_problem(not_before, at)
    if problem is None:
        opening = next_opening_for(place, application, not_before, zone=zone)
        problem = schedule_problem(opening, place.name, zone)
    if problem is not None:
        raise Invalid(**problem)


def _path(application: str, environment: str) -> dict:
    path = path_of(True, current_pipeline(application), environment)
    if path is None:
        reason = undefined(application, environment)
        error = {
            "pointer": "/expedited",
            "code": reason.code,
            "detail": f"{reason.text} {reason.how_to_clear}",
        }
        raise Invalid(errors=[error])
    return path


def _existing(row: Deployment, parameters: dict, expedited: bool, not_before: datetime | None) -> Requested:
    if row.parameters != parameters:
        detail = f"{row.pk} is open with other parameters; change those (PATCH) or cancel it."
        raise _differs(row, "parameters", detail)
    if row.expedited != expedited:
        way = "expedited" if row.expedited else "the usual way"
        raise _differs(row, "expedited", f"{row.pk} is open, {way}; cancel it to ask for the other.")
    if not_before is not None and row.not_before != not_before:
        begins = f"not before {wire_time(row.not_before)}" if row.not_before else "as soon as it may start"
        raise _differs(row, "not_before", f"{row.pk} is open, {begins}; cancel it to ask for another start.")
    return Requested(row, False)


def _differs(row: Deployment, field: str, detail: str) -> OpenRequestDiffers:
    error = {"pointer": f"/{field}", "code": "differs", "detail": "Not what the open request asks for."}
    return OpenRequestDiffers(detail, errors=[error], deployment=row.pk)


def denied(release, place: Environment, verdict: Deny) -> Denied:
    codes = [reason.code for reason in verdict.reasons]
    denial = Denial(
        kind="deployment.denied",
        subject=f"release:{release.pk}",
        data={"environment": place.name, "version": release.version, "codes": codes},
        environment=place.name,
        application=release.application_id,
    )
    text = " ".join(reason.text for reason in verdict.reasons)
    return Denied(text, reasons=[reason.as_dict() for reason in verdict.reasons], denial=denial)


def create(
    actor, release, place, reason, parameters, not_before, at, *, break_glass=False, skipped_stages=None
) -> Deployment:
    """The row, its steps, its event; inside the transaction of whoever calls, after decide() was asked.

    `skipped_stages`: those an expedited one does not ask for.
    """
    row = Deployment.objects.create(
        application_id=release.application_id,
        environment=place,
        release=release,
        version=release.version,
        state=State.REQUESTED,
        requested_by_id=actor.person_id if actor.is_human else None,
        requested_by_name=actor.name,
        requested_by_tag=actor.tag,
        reason=reason.strip(),
        parameters=parameters,
        not_before=not_before,
        break_glass=break_glass,
        skipped_stages=skipped_stages,
        requested_at=at,
        pool=place.account.pool,
        next_attempt_at=raw_now(),
    )
    _steps(row, place)
    data = {"release": release.pk, "version": release.version, "parameters": sorted(parameters)}
    Lane.objects.get_or_create(application_id=release.application_id, environment=place)
    append(
        kind="deployment.requested",
        actor=actor,
        subject=f"deployment:{row.pk}",
        environment=place.name,
        application=release.application_id,
        data=data | ({"expedited": row.skipped_stages} if row.expedited else {}),
        private={"reason": row.reason} if row.reason else None,
    )
    history.record(row)
    poke(row.pk)
    return row


def _steps(row: Deployment, place: Environment) -> None:
    """The steps that people will follow, in order; a gate nobody needs is skipped from the start."""
    pipeline = current_pipeline(row.application_id)
    stage = stage_of(pipeline, place.name)
    kinds = SEQUENCE + ((StepKind.BAKE,) if stage.get("bake") else ())
    path = path_of(row.expedited, pipeline, place.name)
    gated = bool(asked_slots(place.gate, stage.get("slots") or [], path))
    Step.objects.bulk_create(
        Step(
            deployment=row,
            seq=number,
            kind=kind,
            state=StepState.SKIPPED if kind == StepKind.GATE and not gated else StepState.PENDING,
        )
        for number, kind in enumerate(kinds, start=1)
    )
