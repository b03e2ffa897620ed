"""Reads about accounts, environments, pipelines and the rows of the calendar, and who may see which application."""

from collections.abc import Iterable

from django.db.models import OuterRef, Q, QuerySet, Subquery

from kernel.actor import Actor, ActorKind, require
from kernel.permissions import Permission
from kernel.refusals import NotFound
from pipelines.expedited import slots_added, slots_of_gate
from pipelines.models import Account, Environment, Freeze, PipelineVersion, Window
from teams.models import Application
from teams.queries import get_application


def visible_application_names(actor: Actor) -> frozenset[str] | None:
    """The applications whose builds, releases, deployments and approvals the actor sees; None: all of them.

    A person sees those of their teams, those they own, and those with a slot for one of their groups in a
    stage or in the gate of a stage's environment. An application token sees its own. At most three queries.
    """
    if actor.kind == ActorKind.SYSTEM or actor.may(Permission.SEE_EVERYTHING):
        return None
    if actor.kind == ActorKind.MACHINE:
        return frozenset({actor.application})
    if not actor.is_human:
        return frozenset()
    rows = list(Application.objects.values_list("name", "team_id", "owners_group_id"))
    # Whoever stands in for somebody sees what they are to decide, from when it was agreed until it ends.
    groups = actor.groups | {one.group for one in actor.stands_in}
    seen = {name for name, team, owners in rows if team in actor.teams or owners in groups}
    if groups and len(seen) < len(rows):
        seen |= _with_slot_for(groups)
    return frozenset(seen)


def _with_slot_for(groups: frozenset[str]) -> set[str]:
    """Applications where one of these groups fills a slot; those of `@owners` are known without looking."""
    gates = Environment.objects.filter(archived_at__isnull=True).values_list("name", "gate")
    gated = {name for name, gate in gates if any(slot["group"] in groups for slot in slots_of_gate(gate))}
    found = set()
    for application, spec in _newest().values_list("application_id", "spec"):
        environments = {stage["environment"] for stage in spec["stages"]}
        added = {slot["group"] for slot in slots_added(spec)}
        if environments & gated or added & groups:
            found.add(application)
    return found


def _newest() -> QuerySet[PipelineVersion]:
    """The version in force of every application."""
    latest = PipelineVersion.objects.filter(application=OuterRef("application")).order_by("-number")
    return PipelineVersion.objects.filter(number=Subquery(latest.values("number")[:1]))


def current_pipeline(application: str) -> PipelineVersion | None:
    """The version in force, or None. One query."""
    return PipelineVersion.objects.filter(application=application).order_by("-number").first()


def current_pipelines() -> dict[str, PipelineVersion]:
    """The version in force of every application that has one, by name. One query."""
    return {version.application_id: version for version in _newest().select_related("application")}


def pipeline_version(actor: Actor, application: str, number: int | None = None) -> PipelineVersion:
    """That version, or the one in force. Every signed-in person sees pipelines, a machine its own.

    Raises NotFound.
    """
    found = PipelineVersion.objects.filter(application=get_application(actor, application))
    found = found.filter(number=number) if number is not None else found.order_by("-number")
    version = found.first()
    if version is None:
        raise NotFound("There is no such pipeline, or you may not see it.")
    return version


def stage_of(version: PipelineVersion | None, environment: str) -> dict | None:
    """The stage {"environment", "target", "tests", "soak", "bake", "slots"} that leads there, or None."""
    if version is None:
        return None
    return next((stage for stage in version.spec["stages"] if stage["environment"] == environment), None)


def previous_stage(version: PipelineVersion | None, environment: str, skip: Iterable[str] = ()) -> str | None:
    """The environment of the nearest stage before that is not in `skip`; None for the first, and for one not in it."""
    names = [stage["environment"] for stage in version.spec["stages"]] if version else []
    place = names.index(environment) if environment in names else 0
    return next((name for name in reversed(names[:place]) if name not in skip), None)


def environments() -> QuerySet[Environment]:
    """All that are not archived, in the order of promotion."""
    return Environment.objects.filter(archived_at__isnull=True).select_related("account").order_by("rank")


def visible_environments(actor: Actor) -> QuerySet[Environment]:
    """Everybody who is signed in sees every environment, an application token too: it deploys to them."""
    return environments() if actor.kind != ActorKind.ANONYMOUS else environments().none()


def get_environment(actor: Actor, name: str) -> Environment:
    """The environment, or NotFound."""
    found = visible_environments(actor).filter(pk=name).first()
    if found is None:
        raise NotFound()
    return found


def visible_accounts(actor: Actor) -> QuerySet[Account]:
    """For whoever manages accounts or sees everything. Raises Forbidden for everybody else."""
    if not actor.may(Permission.SEE_EVERYTHING):
        require(actor, Permission.ACCOUNT_MANAGE)
    return Account.objects.filter(archived_at__isnull=True)


def get_account(actor: Actor, name: str) -> Account:
    """The account by its 12 digits, its `acc_…` id or its alias. Raises Forbidden, NotFound."""
    found = find_account(visible_accounts(actor), name)
    if found is None:
        raise NotFound()
    return found


def find_account(accounts: QuerySet[Account], name: str) -> Account | None:
    """The one of `accounts` with this 12-digit id, `acc_…` id or alias, or None. The three never look
    alike."""
    field = "account_id" if name.isdigit() else "pk" if name.startswith("acc_") else "alias"
    return accounts.filter(**{field: name}).first()


def windows() -> QuerySet[Window]:
    """The windows in force, oldest first."""
    return Window.objects.filter(archived_at__isnull=True).order_by("id")


def calendar_visible_to(actor: Actor, rows: QuerySet) -> QuerySet:
    """Of these windows or freezes, those this caller may read: a person all of them, a machine those that hold for
    its own application, because a scope and a reason tell of others."""
    if actor.application is None:
        return rows
    return rows.filter(Q(scope__application__isnull=True) | Q(scope__application=actor.application))


def freezes() -> QuerySet[Freeze]:
    """The freezes that are not archived, oldest first, those that are over included."""
    return Freeze.objects.filter(archived_at__isnull=True).order_by("id")


def get_window(window_id: str, actor: Actor | None = None) -> Window:
    """The window, archived or not (history keeps pointing at it), or NotFound; with an actor, if they may read it."""
    return _calendar_row(Window, window_id, actor)


def get_freeze(freeze_id: str, actor: Actor | None = None) -> Freeze:
    """The freeze, archived or not, or NotFound; with an actor, if they may read it."""
    return _calendar_row(Freeze, freeze_id, actor)


def _calendar_row(model, key: str, actor: Actor | None):
    rows = model.objects.filter(pk=key)
    found = (rows if actor is None else calendar_visible_to(actor, rows)).first()
    if found is None:
        raise NotFound()
    return found
