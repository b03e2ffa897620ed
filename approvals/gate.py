"""Collect the facts about people and answer for them: who filled which key, who still can, is it enough. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from approvals.models import ApprovalRequest
from approvals.picture import Picture, look
from approvals.rules import expired, unknown_authors
from approvals.states import TAKES_VOTES, ApprovalState
from kernel.verdicts import CheckState, Reason
from pipelines.expedited import asked_slots
from pipelines.matching import assign, satisfiable, would_help
from pipelines.models import Environment
from teams.models import Application

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
    environment: Environment, application: Application, stage_slots: list[dict], path: dict | None = None
) -> dict | None:
    """The snapshot a request is judged by: the environment's gate with the stage's further slots, `@owners`
    resolved to the application's owners group. None: nobody needs to be asked. `path`: the expedited path it goes
    (pipelines.expedited)."""
    slots = asked_slots(environment.gate, stage_slots, path)
    if not slots:
        return None
    owners = application.owners_group_id
    escalation = environment.gate.get("escalation")
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
        "escalation": owners if escalation == OWNERS else escalation,
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


def people(request: ApprovalRequest, at: datetime) -> PeopleAnswer:
    """Is it enough? pass, wait (with who is still needed) or deny; never "passed" on anything unknown."""
    picture = getattr(request, "looked", None) or look(request, at)
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
    reasons += _too_few(subject, picture)
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


def _too_few(subject: str, picture: Picture) -> list[Reason]:
    """All who may vote, each human once, cannot fill it together: somebody has to act, or it lapses.

    It waits and is never denied for it: a denied request ends as rejected, and this one is mended by adding a member.
    """
    humans: dict[str, frozenset] = {}
    for pk, groups in picture.eligible.items():
        one = picture.humans.of(pk)
        humans[one] = humans.get(one, frozenset()) | groups
    failing = satisfiable(picture.slots, humans)
    if failing is None:
        return []
    names = " and ".join(failing)
    have = "have too few people left together" if len(failing) > 1 else "has too few people left"
    text = f"{names} {have} to fill the keys, without those the gate keeps out."
    how = f"An administrator adds somebody who had no hand in it to {' or '.join(failing)}."
    return [Reason("gate_unsatisfiable", text, subject, None, how)]


def _cast(picture: Picture) -> list[tuple[str, frozenset[str]]]:
    """The votes of people who may vote now, as the matching takes them: for the groups they were in then and are in."""
    return [
        (v.person_id, frozenset(v.groups) & picture.eligible[v.person_id])
        for v in picture.votes
        if v.person_id in picture.eligible
    ]


def _keys(picture: Picture) -> tuple[Key, ...]:
    name = {pk: person.username for pk, person in picture.people.items()}
    cast = _cast(picture)
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
