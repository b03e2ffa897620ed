"""What a change of configuration is about: the object as it is now, and which protected environments there are.
Reads only."""

from datetime import datetime

from django.db.models import QuerySet

from audit.models import AuditEvent
from kernel.actor import Actor
from kernel.permissions import Permission
from kernel.refusals import NotFound
from kernel.verdicts import wire_time
from pipelines import calendar_rules, environment_rules
from pipelines.change_rules import Places
from pipelines.expedited import slots_added, slots_of_gate
from pipelines.gates import OWNERS
from pipelines.models import Account, ConfigChange, Freeze, Window
from pipelines.queries import current_pipeline, current_pipelines, environments
from pipelines.states import ChangeState
from teams.models import Delegation, Person
from teams.queries import members_of

ACCOUNT = ("account_id", "alias", "partition", "regions", "deploy_role_arn", "observe_role_arn", "pool")


def set_up_since() -> datetime | None:
    """When the first build was accepted; until then one administrator sets everything up. The log never forgets it."""
    received = AuditEvent.objects.filter(kind="build.received", outcome="allowed")
    return received.order_by("id").values_list("at", flat=True).first()


def subject(noun: str, key: str) -> tuple[dict | None, int | None]:
    """(the object's settings, its version), None where it is not in force or has none. `noun`: account, environment,
    pipeline, window, freeze, group, person; `key`: its primary key, of a pipeline its application's."""
    return READERS[noun](key)


def _account(key: str):
    row = Account.objects.filter(pk=key, archived_at__isnull=True).first()
    return (None, None) if row is None else ({field: getattr(row, field) for field in ACCOUNT}, row.version)


def _environment(key: str):
    row = environments().filter(pk=key).first()
    return (None, None) if row is None else (environment_rules.as_data(row), row.version)


def _pipeline(key: str):
    row = current_pipeline(key)
    return (None, None) if row is None else ({**row.spec, "source": row.source}, row.number)


def _calendar(model, fields):
    def read(key: str):
        row = model.objects.filter(pk=key, archived_at__isnull=True).first()
        return (
            (None, None) if row is None else ({field: getattr(row, field) for field in fields}, row.version)
        )

    return read


def _group(key: str):
    return {"members": [person.username for person in members_of([key])[key]]}, None


def _delegation(key: str):
    row = (
        Delegation.objects.filter(pk=key, ended_at__isnull=True)
        .select_related("principal", "delegate")
        .first()
    )
    if row is None:
        return None, None
    names = {"group": row.group_id, "for": row.principal.username, "to": row.delegate.username}
    return {**names, "from": wire_time(row.since), "until": wire_time(row.until), "reason": row.reason}, None


def _person(key: str):
    person = Person.objects.filter(username=key).first()
    return (None, None) if person is None else ({"roles": person.roles, "active": person.is_active}, None)


READERS = {
    "account": _account,
    "environment": _environment,
    "pipeline": _pipeline,
    "window": _calendar(Window, calendar_rules.WINDOW_FIELDS),
    "freeze": _calendar(Freeze, calendar_rules.FREEZE_FIELDS),
    "delegation": _delegation,
    "group": _group,
    "person": _person,
}


def protected_places() -> Places:
    """Two queries."""
    every = {row.pk: row for row in environments()}
    there = {name: row for name, row in every.items() if row.protected}
    beside = {
        name: frozenset(one for one in there if there[one].account_id == row.account_id)
        for name, row in every.items()
    }
    stages: dict[str, frozenset[str]] = {}
    keys: dict[str, set[str]] = {}
    for name, row in there.items():
        _fill(keys, name, slots_of_gate(row.gate), owners=None)
    for application, version in current_pipelines().items():
        leads_to = version.spec["stages"]
        reached = (beside.get(stage["environment"], frozenset()) for stage in leads_to)
        own = {stage["environment"] for stage in leads_to} & there.keys()
        stages[application] = frozenset().union(*reached) if not own else frozenset(own)
        for stage in (stage for stage in leads_to if stage["environment"] in there):
            name = stage["environment"]
            slots = [*slots_of_gate(there[name].gate), *slots_added(version.spec, name)]
            _fill(keys, name, slots, owners=version.application.owners_group_id)
    return Places(
        tiers={name: row.tier for name, row in there.items()},
        accounts={name: row.account.account_id for name, row in there.items()},
        stages=stages,
        keys={group: frozenset(names) for group, names in keys.items()},
    )


def _fill(keys: dict[str, set[str]], environment: str, slots, owners: str | None) -> None:
    for slot in slots:
        group = owners if slot["group"] == OWNERS else slot["group"]
        if group is not None:
            keys.setdefault(group, set()).add(environment)


def visible_changes(actor: Actor) -> QuerySet[ConfigChange]:
    """All for whoever sees everything or may confirm; one's own for other people; none for machines."""
    rows = ConfigChange.objects.select_related("proposed_by", "decided_by")
    if actor.may(Permission.SEE_EVERYTHING) or actor.may(Permission.CHANGE_CONFIRM):
        return rows
    return rows.filter(proposed_by=actor.person_id) if actor.is_human else rows.none()


def get_change(actor: Actor, change_id: str) -> ConfigChange:
    """The change, or NotFound."""
    found = visible_changes(actor).filter(pk=change_id).first()
    if found is None:
        raise NotFound()
    return found


def pending_changes(at: datetime) -> QuerySet[ConfigChange]:
    """Those that can still be confirmed at `at`, of everybody."""
    return ConfigChange.objects.filter(state=ChangeState.PENDING, expires_at__gt=at)
