"""Reads of deployments, already scoped to what the caller may see."""

from datetime import datetime

from django.db.models import OuterRef, Q, Subquery

from approvals.picture import excluded_people, humans_of
from deployments.models import BreakGlass, Deployment, DeploymentLog, Export, Lane
from deployments.states import TERMINAL, State
from kernel.actor import Actor
from kernel.permissions import Permission
from kernel.refusals import NotFound
from kernel.verdicts import wire_time
from pipelines.queries import visible_application_names


def visible_to(actor: Actor):
    """Those of visible applications, and those whose approval was escalated to a group of the actor's."""
    names = visible_application_names(actor)
    rows = Deployment.objects.all()
    return rows if names is None else rows.filter(Q(application_id__in=names) | escalated_to(actor))


def escalated_to(actor: Actor) -> Q:
    """Deployments that nobody answered for, so that a group of this person's was shown them (requirement C09)."""
    return Q(approval__escalated_to__in=actor.groups) if actor.groups else Q(pk__in=())


def get_visible(actor: Actor, deployment_id: str) -> Deployment:
    """With everything a page shows. NotFound for one that is missing or not visible: the same answer."""
    row = (
        visible_to(actor)
        .filter(pk=deployment_id)
        .select_related(
            "release__application",
            "release__build",
            "environment__account",
            "approval",
            "pipeline_version",
            "requested_by",
            "superseded_by",
        )
        .prefetch_related("steps", "release__build__artifacts")
        .first()
    )
    if row is None:
        raise NotFound()
    return row


def open_one(release_id: str, environment: str) -> Deployment | None:
    rows = Deployment.objects.filter(release_id=release_id, environment_id=environment)
    return rows.exclude(state__in=TERMINAL).first()


def environments_of(releases) -> dict[str, dict]:
    """{release id: {"dev": {"deployment", "state", "at"}}}: its newest deployment in each environment. One query."""
    same = Deployment.objects.filter(release=OuterRef("release"), environment=OuterRef("environment"))
    newest = same.order_by("-requested_at", "-id").values("pk")[:1]
    rows = Deployment.objects.filter(release__in=list(releases), pk=Subquery(newest))
    found: dict[str, dict] = {}
    for row in rows.order_by("environment__rank"):
        found.setdefault(row.release_id, {})[row.environment_id] = {
            "deployment": row.pk,
            "state": row.state,
            "at": wire_time(row.ended_at or row.started_at or row.requested_at),
        }
    return found


def log_after(deployment: Deployment, offset: int, limit: int = 200_000) -> tuple[str, int]:
    """(text, next offset) of the log from `offset` characters on; at most about `limit` characters."""
    parts, position, size = [], offset, 0
    rows = DeploymentLog.objects.filter(
        deployment=deployment, offset__gte=_piece_at(deployment, offset)
    ).order_by("offset")
    for row in rows.iterator(chunk_size=100):
        text = row.text[max(0, position - row.offset) :]
        parts.append(text)
        position = row.offset + len(row.text)
        size += len(text)
        if size >= limit:
            break
    return "".join(parts), max(position, offset)


def _piece_at(deployment: Deployment, offset: int) -> int:
    rows = DeploymentLog.objects.filter(deployment=deployment, offset__lte=offset).order_by("-offset")
    return rows.values_list("offset", flat=True).first() or 0


def board(actor: Actor, *, application: str | None = None, environment: str | None = None):
    """Lanes in one query: what runs where, and what is in progress there."""
    names = visible_application_names(actor)
    rows = Lane.objects.select_related("deployment", "in_progress").order_by(
        "application_id", "environment__rank"
    )
    if names is not None:
        rows = rows.filter(application_id__in=names)
    if application:
        rows = rows.filter(application_id=application)
    if environment:
        rows = rows.filter(environment_id=environment)
    return rows


def last_told(rows, at: datetime):
    """Of these deployments the last of each lane that had ended by `at` and told what runs there: after a failed
    rollback, that nobody knows."""
    told = Deployment.objects.filter(state__in=(State.SUCCEEDED, State.ROLLBACK_FAILED), ended_at__lte=at)
    last = told.filter(application=OuterRef("application"), environment=OuterRef("environment"))
    return rows.filter(pk=Subquery(last.order_by("-ended_at", "-id").values("pk")[:1]))


def board_at(actor: Actor, at: datetime, *, application: str | None = None, environment: str | None = None):
    """What ran where at an instant, in one query (representations.past_lane says what is not known)."""
    rows = visible_to(actor)
    rows = rows.filter(application_id=application) if application else rows
    rows = rows.filter(environment_id=environment) if environment else rows
    return last_told(rows, at).order_by("application_id", "environment_id")


def exports_of(actor: Actor):
    """Large exports that this caller asked for; nobody else's exist."""
    return Export.objects.filter(owner=actor.tag)


def get_export(actor: Actor, export_id: str) -> Export:
    row = exports_of(actor).filter(pk=export_id).first()
    if row is None:
        raise NotFound()
    return row


def break_glasses(actor: Actor):
    """Every break-glass of what this caller may see, the newest first, with what is shown of it."""
    names = visible_application_names(actor)
    rows = BreakGlass.objects.select_related(
        "deployment__release__application", "opened_by", "confirmed_by", "reviewed_by"
    ).order_by("-opened_at", "-id")
    return rows if names is None else rows.filter(deployment__application_id__in=names)


def get_break_glass(actor: Actor, review_id: str) -> BreakGlass:
    row = break_glasses(actor).filter(pk=review_id).first()
    if row is None:
        raise NotFound()
    return row


def had_a_hand(actor: Actor, row: BreakGlass) -> str | None:
    """Whether this person asked for it, confirmed it, or built or wrote what it shipped: the relation, or None.

    Two accounts of one human are one (approvals.gate).
    """
    if not actor.is_human:
        return None
    involved = [person for person in (row.opened_by_id, row.confirmed_by_id) if person]
    asked = [{"relation": "requester", "person": person, "email": None} for person in involved]
    rows = [*asked, *row.relations]
    humans = humans_of(rows, [actor.person_id])
    for relation in ("requester", "submitter", "author"):
        if excluded_people(rows, [relation], [actor.person_id], humans):
            return relation
    return None


def may_review(actor: Actor, row: BreakGlass) -> bool:
    """By role or ownership; whether they had a hand in it is another question."""
    owners = row.deployment.release.application.owners_group_id
    return actor.is_human and (actor.may(Permission.BREAK_GLASS) or owners in actor.groups)
