"""What the API answers about accounts, environments, pipelines, the calendar, groups, people and changes."""

from rest_framework.response import Response

from kernel.actor import Actor
from kernel.permissions import Permission
from kernel.verdicts import wire_time
from pipelines.actions.propose import Proposed
from pipelines.calendar_rules import FREEZE_FIELDS, WINDOW_FIELDS, gone
from pipelines.gates import gate_warnings
from pipelines.models import Account, ConfigChange, Environment, Freeze, PipelineVersion, Window
from teams.models import Delegation, Group, Person
from teams.queries import members_of


def answered(proposed: Proposed, actor: Actor, *, status: int) -> Response:
    """The object with `status` (204: nothing) where it is in force; 202 with the change that waits."""
    if proposed.change is not None:
        return Response(
            {"change": render_change(proposed.change), "warnings": _warnings(proposed.change)}, status=202
        )
    if status == 204:
        return Response(status=204)
    return Response(render_any(proposed.result, actor), status=status)


def _warnings(change: ConfigChange) -> list[dict]:
    """Of an environment's gate as it would be; nothing else has any."""
    return gate_warnings((change.proposed or {}).get("gate") or {})


def render_any(row, actor: Actor) -> dict:
    """Whatever a change of configuration makes or changes."""
    if isinstance(row, Account):
        return render_account(row, actor)
    return RENDER[type(row)](row)


def render_account(account: Account, actor: Actor) -> dict:
    """One account; the external id only for whoever manages accounts."""
    body = {
        "id": account.pk,
        "account_id": account.account_id,
        "alias": account.alias,
        "partition": account.partition,
        "regions": account.regions,
        "deploy_role_arn": account.deploy_role_arn,
        "observe_role_arn": account.observe_role_arn,
        "pool": account.pool,
        "version": account.version,
        "test": account.test_result,
        "tested_at": wire_time(account.tested_at),
    }
    if actor.may(Permission.ACCOUNT_MANAGE):
        body["external_id"] = account.external_id
    return body


def render_environment(environment: Environment) -> dict:
    """One environment, its account by the 12 digits."""
    return {
        "id": environment.uid,
        "name": environment.pk,
        "account": environment.account.account_id,
        "region": environment.region,
        "rank": environment.rank,
        "tier": environment.tier,
        "protected": environment.protected,
        "default_open": environment.default_open,
        "gate": environment.gate,
        "gate_version": environment.gate_version,
        "lane": environment.lane,
        "previews": environment.previews,
        "break_glass": environment.break_glass,
        "overdue_review": environment.overdue_review,
        "version": environment.version,
        "warnings": gate_warnings(environment.gate),
    }


def render_pipeline(version: PipelineVersion) -> dict:
    """One version of a pipeline."""
    return {
        "application": version.application_id,
        "version": version.number,
        "source": version.source,
        **version.spec,
        "created_at": wire_time(version.created_at),
    }


def rendering(rows):
    """`render_calendar` for these rows, with what their scopes name looked up once."""
    flagged = gone(rows)
    return lambda row: render_calendar(row, flagged[row.pk])


def render_calendar(row: Window | Freeze, scope_gone: list[str] | None = None) -> dict:
    """One window or freeze. `scope_gone`: the keys of its scope whose place is there no longer; looked up if None."""
    fields = WINDOW_FIELDS if isinstance(row, Window) else FREEZE_FIELDS
    return {
        "id": row.pk,
        **{field: getattr(row, field) for field in fields},
        "scope_gone": gone([row])[row.pk] if scope_gone is None else scope_gone,
        "version": row.version,
        "created_at": wire_time(row.created_at),
        "created_by": row.created_by,
        "archived_at": wire_time(row.archived_at),
    }


def render_group(group: Group) -> dict:
    """One group with who is in it now."""
    return {"name": group.pk, "members": [person.username for person in members_of([group.pk])[group.pk]]}


def render_person(person: Person) -> dict:
    """One item of GET /people."""
    return {
        "id": person.pk,
        "username": person.username,
        "email": person.email,
        "name": person.name,
        "roles": person.roles,
        "active": person.is_active,
    }


def render_change(change: ConfigChange) -> dict:
    """One proposed change: what exactly, by whom, and what became of it."""
    return {
        "id": change.pk,
        "state": change.state,
        "kind": change.kind,
        "target": change.target,
        "environments": change.environments,
        "diff": change.diff,
        "proposed_by": change.proposed_by.username,
        "proposed_at": wire_time(change.proposed_at),
        "expires_at": wire_time(change.expires_at),
        "decided_by": change.decided_by.username if change.decided_by else None,
        "decided_at": wire_time(change.decided_at),
        "reason": change.reason,
    }


def render_delegation(row: Delegation) -> dict:
    """One delegation: `for` has the place in the group, `to` may vote in it."""
    return {
        "id": row.pk,
        "group": row.group_id,
        "for": row.principal.username,
        "to": row.delegate.username,
        "from": wire_time(row.since),
        "until": wire_time(row.until),
        "reason": row.reason,
        "created_at": wire_time(row.created_at),
        "ended_at": wire_time(row.ended_at),
        "ended_reason": row.ended_reason or None,
    }


RENDER = {
    Delegation: render_delegation,
    Environment: render_environment,
    PipelineVersion: render_pipeline,
    Window: render_calendar,
    Freeze: render_calendar,
    Group: render_group,
    Person: render_person,
}
