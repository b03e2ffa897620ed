"""Collect the facts about people and answer for them: who filled which key, who still can, is it enough. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from approvals.models import ApprovalRequest
from approvals.proofs import unproven
from approvals.rules import CastVote, GateState, Relation, excluded_by, expired, gate_state, unknown_authors
from approvals.states import TAKES_VOTES, ApprovalState, Decision
from kernel.verdicts import CheckState, Reason
from pipelines.matching import Slot, assign, satisfiable, slots_of, would_help
from pipelines.models import Environment
from teams.humans import Humans
from teams.models import Application, Person
from teams.queries import current_groups, humans_among, members_of, people_by_email

OWNERS = "@owners"


@dataclass(frozen=True)
class Key:
    """One slot as people see it: usernames who filled it, and who still can."""

    group: str
    count: int
    filled_by: list[str]
    can_fill: list[str]


@dataclass(frozen=True)
class PeopleAnswer:
    state: CheckState
    reasons: tuple[Reason, ...]
    keys: tuple[Key, ...]


def effective_gate(
    environment: Environment, application: Application, stage_slots: list[dict]
) -> dict | None:
    """The snapshot a request is judged by: the environment's gate with the stage's further slots, `@owners`
    resolved to the application's owners group. None: nobody needs to be asked."""
    slots = [*(environment.gate.get("slots") or []), *stage_slots]
    if not slots:
        return None
    owners = application.owners_group_id
    return {
        "slots": [
            {"group": owners if s["group"] == OWNERS else s["group"], "count": s["count"]} for s in slots
        ],
        "exclude": list(environment.gate.get("exclude") or []),
        "step_up": bool(environment.gate.get("step_up")),
        "comment": environment.gate.get("comment") or "optional",
        "expires_in": environment.gate.get("expires_in"),
        "valid_for": environment.gate.get("valid_for") or 86_400,
        "unknown_authors": environment.gate.get("unknown_authors") or "flag",
        "version": environment.gate_version,
    }


def in_words(gate: dict) -> str:
    """`one key of release-managers and one of payments-owners`."""
    words = {1: "one key", 2: "two keys", 3: "three keys"}
    parts = [f"{words.get(s['count'], str(s['count']) + ' keys')} of {s['group']}" for s in gate["slots"]]
    return " and ".join(parts)


def relations(
    *, release, requester_person_id, requester_emails, pipeline_editor, commits, missing=()
) -> list[dict]:
    """Everybody who had a hand in it: [{"relation", "person", "email"}], stored with the request. `missing`: versions
    whose commits were not supplied; their authors stand there as {"relation": "author", "missing": version}."""
    found = (
        [{"relation": "requester", "person": requester_person_id, "email": None}]
        if requester_person_id
        else []
    )
    found += [{"relation": "requester", "person": None, "email": email} for email in requester_emails]
    build = release.build
    if build.submitter:
        found.append({"relation": "submitter", "person": None, "email": build.submitter})
    if build.posted_by.startswith("user:"):
        found.append(
            {"relation": "submitter", "person": build.posted_by.removeprefix("user:"), "email": None}
        )
    emails = {email for commit in commits for email in commit.get("authors", ())}
    found += [{"relation": "author", "person": None, "email": email} for email in sorted(emails)]
    found += [{"relation": "author", "person": None, "email": None, "missing": v} for v in missing]
    if pipeline_editor:
        found.append(
            {"relation": "pipeline_editor", "person": pipeline_editor.removeprefix("user:"), "email": None}
        )
    return found


def related(rows: list[dict]) -> tuple[Relation, ...]:
    return tuple(Relation(row["relation"], row.get("person"), row.get("email")) for row in rows)


def standing_votes(request: ApprovalRequest) -> list:
    """Votes that are neither void nor withdrawn, in the order they were cast, with their people."""
    rows = request.votes.filter(void=False, withdrawn_at=None).select_related("person")
    return list(rows.order_by("at", "id"))


@dataclass(frozen=True)
class Picture:
    """One reading of a request: its votes, who may fill what now, who is kept out.

    `votes` are the proven ones; `unproven`: {vote id: why it does not count}, see approvals.proofs.
    `humans`: whose accounts are one human's, who counts once.
    """

    state: GateState
    slots: list[Slot]
    votes: list
    unproven: dict
    humans: Humans
    people: dict  # person id → Person, of everybody who voted or may
    eligible: dict  # person id → groups, without those kept out
    excluded: frozenset[str]


def look(request: ApprovalRequest, *, own: str | None = None) -> Picture:
    """At most five queries: votes, their events and passkeys, members of the slots' groups, who is one human.

    `own`: the vote that is being cast in this transaction, whose event comes after this.
    """
    slots = slots_of(request.gate["slots"])
    standing = standing_votes(request)
    wrong = unproven(request, standing, own=own)
    members = members_of([slot.group for slot in slots])
    people = {person.pk: person for group in members.values() for person in group} | {
        v.person_id: v.person for v in standing
    }
    groups: dict[str, set] = {}
    for group, persons in members.items():
        for person in persons:
            groups.setdefault(person.pk, set()).add(group)
    humans = humans_of(request.relations, people)
    first = _doubles(standing, humans, wrong)
    out = excluded_people(request.relations, request.gate["exclude"], people, humans)
    eligible = {
        pk: frozenset(names)
        for pk, names in groups.items()
        if pk not in out and people[pk].is_active and first.get(humans.of(pk), pk) == pk
    }
    votes = [vote for vote in standing if vote.pk not in wrong]
    cast = [CastVote(v.person_id, v.decision, frozenset(v.groups)) for v in votes]
    state = gate_state(slots, cast, eligible, out)
    return Picture(state, slots, votes, wrong, humans, people, eligible, out)


def look_once(request: ApprovalRequest) -> Picture:
    """For a page that asks decide() about it, too: people() takes what was seen here. Never where a vote is written."""
    request.looked = look(request)
    return request.looked


def _doubles(standing: list, humans: Humans, wrong: dict[str, str]) -> dict[str, str]:
    """{human: the account whose approval counts}; a later approval of another account goes into `wrong`."""
    first: dict[str, str] = {}
    for vote in standing:
        if vote.decision != Decision.APPROVE or vote.pk in wrong:
            continue
        if first.setdefault(humans.of(vote.person_id), vote.person_id) != vote.person_id:
            wrong[vote.pk] = "same_human"
    return first


def humans_of(rows: list[dict], people: Iterable[str]) -> Humans:
    """Who is whom among `people` (ids) and everybody behind the relations. One query."""
    ids = {*people, *(row["person"] for row in rows if row.get("person"))}
    return humans_among(ids, emails={row["email"] for row in rows if row.get("email")})


def excluded_people(
    rows: list[dict], exclude: list[str], people: Iterable[str], humans: Humans
) -> frozenset[str]:
    """Ids of the people a gate keeps out: by their id, a verified e-mail, or those of another account of theirs."""
    relations_ = [replace(r, person=r.person and humans.of(r.person)) for r in related(rows)]
    return frozenset(
        pk
        for pk in people
        if excluded_by(relations_, exclude, person=humans.of(pk), emails=humans.emails(pk))
    )


def people(request: ApprovalRequest, at: datetime) -> PeopleAnswer:
    """Is it enough? pass, wait (with who is still needed) or deny; never "passed" on anything unknown."""
    picture = getattr(request, "looked", None) or look(request)
    keys = _keys(picture)
    if request.state == ApprovalState.CONSUMED:
        return PeopleAnswer(CheckState.PASS, (), keys)
    if request.state not in TAKES_VOTES:
        text = f"The approval ended as {request.state}."
        reason = Reason(
            "approval_needed", text, f"approval:{request.pk}", None, "Request the deployment again."
        )
        return PeopleAnswer(CheckState.WAIT, (reason,), keys)
    lapsed = expired(request.state, at, expires_at=request.expires_at, valid_until=request.valid_until)
    nobody = _nobody_knows(request, picture)
    if nobody:
        return PeopleAnswer(CheckState.WAIT, (nobody,), keys)
    if picture.state.satisfied and not lapsed and request.state == ApprovalState.SATISFIED:
        return PeopleAnswer(CheckState.PASS, (), keys)
    return PeopleAnswer(CheckState.WAIT, _reasons(request, picture, keys), keys)


def _nobody_knows(request: ApprovalRequest, picture: Picture) -> Reason | None:
    """A strict gate does not let through what somebody wrote whom nobody knows: they might be the voter."""
    unknown = unknown_authors(request.relations, picture.humans.known)
    if request.gate.get("unknown_authors") != "block" or not unknown:
        return None
    text = f"Nobody here is known as {', '.join(unknown[:5])}{' and others' if len(unknown) > 5 else ''}."
    how = "An administrator adds the address to its person, or CI posts the commits with the build."
    return Reason("unknown_author", text, f"approval:{request.pk}", None, how)


def _reasons(request: ApprovalRequest, picture: Picture, keys: tuple[Key, ...]) -> tuple[Reason, ...]:
    subject = f"approval:{request.pk}"
    void = Reason(
        "approval_void", "What would be deployed changed after a vote.", subject, None, "Look again and vote."
    )
    reasons = [void] if request.state == ApprovalState.VOID else []
    for key in keys:
        open_keys = key.count - len(key.filled_by)
        if open_keys <= 0:
            continue
        who = ", ".join(key.can_fill) or "nobody"
        which = (
            f"The key of {key.group} is"
            if key.count == 1
            else f"{open_keys} of {key.count} keys of {key.group} are"
        )
        text = f"{which} still open; {who} can turn it."
        how = (
            f"A member of {key.group} votes." if key.can_fill else f"Nobody can: add somebody to {key.group}."
        )
        # No `until`: at `expires_at` the request lapses, it is not allowed then.
        reasons.append(Reason("approval_needed", text, subject, None, how))
    if not reasons:
        reasons.append(
            Reason("approval_needed", "The approval is not in force.", subject, None, "Vote again.")
        )
    return tuple(reasons)


def _keys(picture: Picture) -> tuple[Key, ...]:
    name = {pk: person.username for pk, person in picture.people.items()}
    cast = [(v.person_id, frozenset(v.groups)) for v in picture.votes if v.person_id in picture.eligible]
    helpful = would_help(picture.slots, cast, picture.eligible)
    keys = []
    for index, slot in enumerate(picture.slots):
        filled = [name[pk] for pk in picture.state.filled.get(index, [])]
        able = [pk for pk in helpful if slot.group in picture.eligible[pk]]
        if len(filled) >= slot.count:
            # Full, but somebody in it may make room: only who would then sit here.
            able = [pk for pk in able if _seat(picture, cast, pk) == index]
        keys.append(Key(slot.group, slot.count, filled, sorted(name[pk] for pk in able)))
    return tuple(keys)


def _seat(picture: Picture, cast: list[tuple], person: str) -> int | None:
    """The slot this person would fill if they voted now."""
    return assign(picture.slots, [*cast, (person, frozenset(picture.eligible[person]))]).slot_of(person)


def slot_of(request: ApprovalRequest, person: Person) -> str | None:
    """The group whose key this person's vote fills now, or None."""
    picture = look(request)
    index = picture.state.assignment.slot_of(person.pk)
    return None if index is None else picture.slots[index].group


def failing_set(gate: dict, rows: list[dict]) -> list[str] | None:
    """Groups that together cannot fill their slots once everybody excluded is left out; None: it can be met."""
    members = members_of([slot["group"] for slot in gate["slots"]])
    persons = {p.pk: p for group in members.values() for p in group}
    humans = humans_of(rows, persons)
    out = excluded_people(rows, gate["exclude"], persons, humans)
    eligible: dict[str, frozenset] = {}
    for pk, groups in current_groups([pk for pk in persons if pk not in out]).items():
        eligible[humans.of(pk)] = eligible.get(humans.of(pk), frozenset()) | groups
    return satisfiable(slots_of(gate["slots"]), eligible)


def names_of(rows: list[dict]) -> dict[str, list[str]]:
    """Who stands behind the relations, by relation: usernames where known, else the e-mail as posted."""
    by_email = people_by_email([row["email"] for row in rows if row.get("email")])
    by_id = {
        p.pk: p for p in Person.objects.filter(pk__in=[row["person"] for row in rows if row.get("person")])
    }
    found: dict[str, list[str]] = {}
    for row in rows:
        person = by_id.get(row.get("person")) or by_email.get((row.get("email") or "").casefold())
        label = person.username if person else row.get("email")
        if label and label not in found.setdefault(row["relation"], []):
            found[row["relation"]].append(label)
    return found
