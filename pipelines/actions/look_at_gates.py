"""Look whether the people there are can still fill every gate, and tell when that changed (requirement C03)."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor
from kernel.clock import now
from pipelines.models import GateShortage
from pipelines.queries import current_pipelines, environments
from pipelines.satisfiability import Impossible, cases_of, impossible


@transaction.atomic
def look_at_gates() -> list[str]:
    """The ids (`prod/payments`, `prod/payments/expedited`) of the gates that cannot be filled now.

    One event when a gate falls short or other groups do (`gate.unsatisfiable`), one when it can be filled again
    (`gate.satisfiable`), however often and by however many schedulers it is looked at.
    """
    known = {row.pk: row for row in GateShortage.objects.select_for_update()}
    versions = list(current_pipelines().values())
    cases = [case for place in environments() for case in cases_of(place, versions)]
    found = {_id(each): each for each in impossible(cases)}
    for pk, each in found.items():
        if _falls_short(pk, each, known.get(pk)):
            _tell("gate.unsatisfiable", each.case.environment, _application(each), each.groups)
    for pk, row in known.items():
        if pk not in found and GateShortage.objects.filter(pk=pk).delete()[0]:
            _tell("gate.satisfiable", row.environment_id, row.application_id, row.groups)
    return sorted(found)


def _id(each: Impossible) -> str:
    parts = [each.case.environment, _application(each) or ""] + ["expedited"] * each.case.expedited
    return "/".join(parts).rstrip("/")


def _application(each: Impossible) -> str | None:
    return each.case.application.pk if each.case.application else None


def _falls_short(pk: str, each: Impossible, row: GateShortage | None) -> bool:
    """Whether that is news, and ours to tell."""
    if row is not None:
        news = row.groups != each.groups
        return news and bool(GateShortage.objects.filter(pk=pk).update(groups=each.groups, found_at=now()))
    values = {
        "environment_id": each.case.environment,
        "application_id": _application(each),
        "groups": each.groups,
        "found_at": now(),
    }
    # An insert that meets another scheduler's does nothing, and that one tells.
    return GateShortage.objects.get_or_create(pk=pk, defaults=values)[1]


def _tell(kind: str, environment: str, application: str | None, groups: list[str]) -> None:
    append(
        kind=kind,
        actor=Actor.system("scheduler"),
        subject=f"environment:{environment}",
        environment=environment,
        application=application,
        data={"groups": groups, "application": application},
    )
