"""The keys of an approval as people see them: who turned which, who still can, what my own position is."""

from dataclasses import dataclass

from django.db.models import F

from approvals import rules
from approvals.models import ApprovalRequest
from approvals.picture import Picture, related
from approvals.positions import asked_by, whose_vote
from approvals.states import TAKES_VOTES, Decision
from insights.frame import Frame
from insights.templatetags.gate import count
from pipelines.matching import would_help
from teams.rules import StandIn

# A comment that satisfies every gate: what is asked is whether the person may vote, not what they would say.
SOME_COMMENT = "asked for what stands here"
NOT_TURNED = "Not turned when the request ended."


@dataclass(frozen=True)
class Position:
    """Where the person who looks stands. `refusal`: why they may not vote (its code and sentence), known
    beforehand; None if the form is theirs. `vote`: their own vote that stands."""

    refusal: rules.VoteRefusal | None
    vote: object | None
    groups: list[str]
    relations: list[str]
    behalf: StandIn | None = None  # in whose place they would vote


def slots_of_picture(picture: Picture, state: str) -> list[dict]:
    """For components/keys.html: {group, count, filled_by, open_places, candidates, note} of each slot. `state`: of
    the request; nobody can turn a key of one that is over."""
    names = {pk: person.username for pk, person in picture.people.items()}
    by_person = {vote.person_id: vote for vote in picture.votes}
    cast = [(v.person_id, frozenset(v.groups)) for v in picture.votes if v.person_id in picture.eligible]
    helpful = would_help(picture.slots, cast, picture.eligible)
    rows = []
    for index, slot in enumerate(picture.slots):
        filled = [_filled(by_person[pk], names[pk]) for pk in picture.state.filled.get(index, [])]
        able = sorted(names[pk] for pk in helpful if slot.group in picture.eligible[pk])
        able = able if state in TAKES_VOTES else []
        note = "" if able else f"Nobody can turn it now: add somebody to {slot.group}."
        rows.append(
            {
                "group": slot.group,
                "count": slot.count,
                "filled_by": filled,
                "open_places": list(range(slot.count - len(filled))),
                "candidates": able,
                "note": note if state in TAKES_VOTES else NOT_TURNED,
            }
        )
    return rows


def _filled(vote, name: str) -> dict:
    behalf = vote.on_behalf_of.username if vote.on_behalf_of else ""
    return {"by": name, "behalf": behalf, "at": vote.at, "comment": vote.comment}


def rejections(picture: Picture) -> list[dict]:
    """Votes against, with who and why."""
    return [_filled(vote, vote.person.username) for vote in picture.votes if vote.decision == Decision.REJECT]


def last_rejection(approval: ApprovalRequest | None) -> dict | None:
    """{by, comment} of the vote that ended the request, or None. One query."""
    if approval is None:
        return None
    rows = approval.votes.filter(decision=Decision.REJECT, void=False, withdrawn_at=None)
    return rows.order_by("at", "id").values("comment", by=F("person__username")).first()


def lost_votes(picture: Picture) -> list[str]:
    """Who approved and counts no longer: they left the group, or are kept out now."""
    return sorted(picture.people[pk].username for pk in picture.state.lost if pk in picture.people)


def twins(picture: Picture) -> tuple[str, ...]:
    """Accounts among those who may vote or did that are one human's: `rita and rita-admin`."""
    names = {pk: person.username for pk, person in picture.people.items()}
    same: dict[str, list] = {}
    for pk, name in sorted(names.items(), key=lambda item: item[1]):
        same.setdefault(picture.humans.of(pk), []).append(name)
    return tuple(" and ".join(found) for found in same.values() if len(found) > 1)


def _who(key: dict) -> str:
    return f"{key['by']} for {key['behalf']}" if key.get("behalf") else key["by"]


def keys_in_words(slots: list[dict], me: str) -> str:
    """`Two keys. First: rita. You would be the second.`"""
    total = sum(slot["count"] for slot in slots)
    filled = [_who(key) for slot in slots for key in slot["filled_by"]]
    words = [f"{count(total, 'key')}: {', '.join(slot['group'] for slot in slots)}."]
    if filled:
        words.append(f"Turned by {' and '.join(filled)}.")
    left = total - len(filled)
    if left and any(me in slot["candidates"] for slot in slots if slot["open_places"]):
        words.append("Yours would be the last." if left == 1 else f"Yours would leave {left - 1} open.")
    elif left:
        over = any(slot["note"] == NOT_TURNED for slot in slots)
        words.append(f"{left} not turned." if over else f"{left} still open.")
    return " ".join(words)


def position_of(frame: Frame, approval: ApprovalRequest, picture: Picture) -> Position:
    """By the very rules the POST asks (approvals.rules.may_vote); no query."""
    actor = frame.actor
    own = next((vote for vote in picture.votes if vote.person_id == actor.person_id), None)
    relations = related(approval.relations)
    twins = picture.humans.twins(actor.person_id) if actor.person_id else frozenset()
    emails = actor.emails | (picture.humans.emails(actor.person_id) if actor.person_id else frozenset())
    found = whose_vote(actor, approval, picture.votes, picture.humans, frame.now)
    facts = rules.VoteFacts(
        decision=Decision.APPROVE,
        content_hash=approval.content_hash,
        comment=SOME_COMMENT,
        is_human=actor.is_human,
        person=actor.person_id,
        emails=emails,
        groups=found.groups,
        **found.as_facts,
        state=approval.state,
        at=frame.now,
        expires_at=approval.expires_at,
        valid_until=approval.valid_until,
        superseded_by=approval.superseded_by,
        current_hash=approval.content_hash,
        changed_fields=(),
        has_vote=own is not None,
        relations=relations,
        **asked_by(approval.gate),
        stepped_up=True,  # the form asks the passkey when it is sent
        accounts=twins,
        twin_voted=any(vote.person_id in twins for vote in picture.votes),
    )
    wanted = {slot.group for slot in picture.slots}
    mine = [
        name
        for name in rules.RELATIONS
        if rules.excluded_by(relations, [name], person=actor.person_id, emails=emails, accounts=twins)
    ]
    return Position(rules.may_vote(facts), own, sorted(found.groups & wanted), mine, found.place.stand_in)
