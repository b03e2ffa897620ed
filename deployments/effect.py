"""What would a proposed change of configuration have changed? The last 30 days again, under the settings as they are
and as they are proposed, with the rules that decide. Reads only, a fixed number of queries."""

from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import Prefetch, Q

from approvals import gate
from approvals.models import Vote
from approvals.picture import excluded_people, humans_of
from approvals.rules import CastVote, gate_state
from deployments.decision import with_everything
from deployments.expedited import path_of, way_of
from deployments.facts import test_problem
from deployments.models import Deployment
from deployments.rules import Facts, judge
from deployments.states import State
from kernel.actor import Actor
from kernel.verdicts import Allow, Check, CheckState, Deny, Reason, Verdict
from pipelines import calendar
from pipelines import queries as pipelines
from pipelines.environment_rules import FIELDS
from pipelines.expedited import slots_added, slots_of_gate
from pipelines.matching import slots_of
from pipelines.models import Account, ConfigChange, Environment, PipelineVersion
from pipelines.openings import as_freeze_rule, as_window_rule
from pipelines.window_rules import Freeze, Window
from teams.models import Person
from teams.queries import Humans, members_of

DAYS, MOST = 30, 500


@dataclass(frozen=True)
class Settings:
    """The configuration that the rules ask about."""

    environments: dict[str, Environment]
    pipelines: dict[str, PipelineVersion]
    windows: dict[str, Window]
    freezes: dict[str, Freeze]
    members: dict[str, frozenset[str]]  # group → ids of its active people


@dataclass(frozen=True)
class Answer:
    """What the rules say of one recorded deployment: the verdict and which keys were asked for."""

    verdict: Verdict
    keys: str

    def as_dict(self) -> dict:
        reasons = [reason.as_dict() for reason in self.verdict.reasons]
        return {"verdict": self.verdict.word, "keys": self.keys, "reasons": reasons}


@dataclass(frozen=True)
class Difference:
    deployment: Deployment
    at: datetime
    before: Answer
    after: Answer


@dataclass(frozen=True)
class Effect:
    """`replayed`: how many deployments were looked at; `more`: there were more than that."""

    since: datetime
    until: datetime
    replayed: int
    more: bool
    differences: list[Difference] = field(default_factory=list)


def effect_of(change: ConfigChange, actor: Actor, at: datetime) -> Effect:
    """The deployments of the 30 days before `at` that the actor may see and that would have gone otherwise."""
    since = at - timedelta(days=DAYS)
    rows = _recorded(actor, since, at)
    seen, more = rows[:MOST], len(rows) > MOST
    now = _settings(change)
    then = proposed(now, change)
    past = _Past(seen)
    found = []
    for row in seen:
        before, after = past.answer(row, now), past.answer(row, then)
        if _told(before) != _told(after):
            found.append(Difference(row, past.moment(row), before, after))
    return Effect(since, at, len(seen), more, found)


def _told(answer: Answer) -> tuple:
    codes = tuple(sorted((reason.code, reason.object or "") for reason in answer.verdict.reasons))
    return answer.verdict.word, answer.keys, codes


def _recorded(actor: Actor, since: datetime, until: datetime) -> list[Deployment]:
    rows = Deployment.objects.exclude(kind="baseline").filter(
        Q(started_at__gt=since, started_at__lte=until) | Q(requested_at__gt=since, requested_at__lte=until)
    )
    names = pipelines.visible_application_names(actor)
    if names is not None:
        rows = rows.filter(application__in=names)
    standing = (
        Vote.objects.filter(void=False, withdrawn_at=None).order_by("at", "id").select_related("delegation")
    )
    votes = Prefetch("approval__votes", queryset=standing, to_attr="standing")
    return list(with_everything(rows).prefetch_related(votes).order_by("-requested_at", "-id")[: MOST + 1])


def _settings(change: ConfigChange) -> Settings:
    versions = pipelines.current_pipelines()
    places = {row.pk: row for row in pipelines.environments()}
    groups = {slot["group"] for row in places.values() for slot in slots_of_gate(row.gate)}
    groups |= {version.application.owners_group_id for version in versions.values()}
    groups |= {slot["group"] for version in versions.values() for slot in slots_added(version.spec)}
    groups |= {slot["group"] for slot in _slots_in(change.proposed)}
    return Settings(
        environments=places,
        pipelines=versions,
        windows={row.pk: as_window_rule(row) for row in pipelines.windows()},
        freezes={row.pk: as_freeze_rule(row) for row in pipelines.freezes()},
        members={
            name: frozenset(person.pk for person in people) for name, people in members_of(groups).items()
        },
    )


def _slots_in(settings: dict | None) -> list[dict]:
    if settings is None:
        return []
    added = slots_added({"stages": (), **settings})
    return added + slots_of_gate(settings.get("gate"))


def proposed(now: Settings, change: ConfigChange) -> Settings:
    """`now` with the change in force. Rows of the database are not touched."""
    noun, _, key = change.target.partition(":")
    after = change.proposed
    if noun == "environment":
        return replace(now, environments=_with(now.environments, key, _environment(now, key, after)))
    if noun == "pipeline":
        spec = {name: after[name] for name in ("stages", "expedited") if name in after}
        return replace(now, pipelines=_with(now.pipelines, key, PipelineVersion(number=0, spec=spec)))
    if noun == "window":
        return replace(now, windows=_with(now.windows, key, after and Window(id=key, **after)))
    if noun == "freeze":
        row = after and Freeze(id=key, **{**after, "actions": tuple(after["actions"])})
        return replace(now, freezes=_with(now.freezes, key, row))
    if noun == "group":
        ids = Person.objects.filter(username__in=after["members"], is_active=True).values_list(
            "pk", flat=True
        )
        return replace(now, members=_with(now.members, key, frozenset(ids)))
    return now  # an account or a role decides no deployment


def _with(rows: dict, key: str, row) -> dict:
    left = {name: value for name, value in rows.items() if name != key}
    return left if row is None else {**left, key: row}


def _environment(now: Settings, key: str, after: dict | None) -> Environment | None:
    if after is None:
        return None
    row = copy(now.environments[key]) if key in now.environments else Environment(pk=key)
    for name in FIELDS:
        setattr(row, name, after[name])
    row.account = Account.objects.get(account_id=after["account"])
    return row


class _Past:
    """What is recorded of these deployments and does not depend on the settings."""

    def __init__(self, rows: list[Deployment]):
        succeeded = Deployment.objects.filter(
            release__in={row.release_id for row in rows}, state=State.SUCCEEDED
        )
        self.succeeded: dict[tuple[str, str], list[datetime]] = {}
        for release, environment, at in succeeded.values_list("release_id", "environment_id", "ended_at"):
            self.succeeded.setdefault((release, environment), []).append(at)
        asked = [row.approval for row in rows if row.approval]
        people = {vote.person_id for approval in asked for vote in approval.standing}
        related = [relation for approval in asked for relation in approval.relations]
        self.humans: Humans = humans_of(related, people)

    def moment(self, row: Deployment) -> datetime:
        """When it was decided: at its start, else when it was asked for."""
        return row.started_at or row.requested_at

    def answer(self, row: Deployment, settings: Settings) -> Answer:
        environment = settings.environments.get(row.environment_id)
        if environment is None:
            text = f"{row.environment_id} would not be there."
            reason = Reason("not_in_pipeline", text, f"environment:{row.environment_id}")
            return Answer(Deny((reason,)), "none")
        pipeline = settings.pipelines.get(row.application_id)
        stage = pipelines.stage_of(pipeline, environment.pk)
        path = path_of(row.expedited, pipeline, environment.pk)
        slots = (stage or {}).get("slots") or []
        rule = gate.effective_gate(environment, row.release.application, slots, path)
        facts = self._facts(row, environment, settings, stage, pipeline, path)
        facts = replace(facts, people=self._people(row, rule, settings))
        return Answer(judge(facts), "none" if rule is None else gate.in_words(rule))

    def _facts(self, row, environment, settings: Settings, stage, pipeline, path) -> Facts:
        """As deployments.facts collects them; what the settings do not decide is taken as passed."""
        at, returning = self.moment(row), row.kind == "rollback"
        previous = pipelines.previous_stage(pipeline, environment.pk, path["skip"] if path else ())
        before = [t for t in self.succeeded.get((row.release_id, previous or ""), ()) if t and t <= at]
        return Facts(
            at=at,
            application=row.application_id,
            version=row.version,
            environment=environment.pk,
            release=row.release_id,
            hypothetical=False,
            withdrawn=False,
            withdrawn_reason="",
            artifacts=(("all", "verified", ""),),
            stage=stage,
            previous=previous,
            previous_at=max(before, default=None),
            returning=returning,
            test_problem=test_problem(row.release.build, environment.pk),
            protected=environment.protected,
            account=environment.account_id,
            account_unproved=None,
            plan_state="ready",
            plan_detail="",
            people=Check("people", CheckState.PASS),
            opening=_opening(row, environment, settings, at, "rollback" if returning else "deploy"),
            not_before=None,
            expedited=way_of(row.expedited, path, pipelines.previous_stage(pipeline, environment.pk)),
            lane_holder=None,
            lane_ahead=None,
            lane_rejects=None,
            pool="",
            pool_alive=True,
        )

    def _people(self, row: Deployment, rule: dict | None, settings: Settings) -> Check:
        """Do the votes that were cast fill the keys, with the groups as these settings have them?"""
        if rule is None:
            return Check("people", CheckState.PASS)
        approval = row.approval
        votes = approval.standing if approval else []
        # A vote in another's place counts by that other's groups.
        whose = [vote.heads[-1] for vote in votes]
        eligible = {
            person: {name for name, ids in settings.members.items() if person in ids} for person in whose
        }
        # Their groups are these settings', too: a vote of somebody who would be in counts, of who would be out not.
        cast = [CastVote(p, v.decision, frozenset(eligible[p])) for p, v in zip(whose, votes, strict=True)]
        related = approval.relations if approval else []
        out = excluded_people(related, rule["exclude"], list(eligible), self.humans)
        state = gate_state(slots_of(rule["slots"]), cast, eligible, out)
        if state.satisfied:
            return Check("people", CheckState.PASS)
        text = f"{row.environment_id} needs {gate.in_words(rule)}; the votes of then do not fill that."
        return Check("people", CheckState.WAIT, (Reason("approval_needed", text),))


def _opening(row, environment, settings: Settings, at: datetime, action: str) -> Verdict:
    place = calendar.Calendars(
        windows=list(settings.windows.values()),
        freezes=list(settings.freezes.values()),
        environment=environment.pk,
        default_open=environment.default_open,
        application=row.application_id,
        tier=environment.tier,
        action=action,
    )
    return Allow() if calendar.is_open(place, at) else calendar.opening(place, at)
