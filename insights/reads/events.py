"""The log in sentences: events of some subjects as a timeline, newest first."""

from collections.abc import Callable, Iterable

from django.db.models import F

from audit.queries import visible_events
from audit.rendering import as_item
from insights.frame import Frame
from insights.reads.evidence import KINDS as EVIDENCE
from insights.templatetags.gate import count
from insights.vocabulary import DEPLOYMENT, word_for

MOST = 80
# Ids of one millisecond are in no order; the log's is by leaf, and what is not sealed yet is newer than all of it.
LOG_ORDER = F("leaf__leaf_index").desc(nulls_first=True)

# kind → (icon, sentence from the event's data). What is not here is named by its kind.
SENTENCES: dict[str, tuple[str, Callable[[dict], str]]] = {
    "application.changed": ("app-window", lambda d: "Application changed"),
    "approval.closed": ("archive", lambda d: "Approval closed, not used"),
    "approval.consumed": ("stamp", lambda d: "Approval used up by the start"),
    "approval.escalated": ("siren", lambda d: f"Unanswered: escalated to {d.get('group', '')}"),
    "approval.expired": ("circle-minus", lambda d: "Approval expired"),
    "approval.opened": ("hand", lambda d: "Keys asked for"),
    "approval.rejected": ("octagon-x", lambda d: "Approval rejected"),
    "approval.reminded": (
        "hand",
        lambda d: f"Still unanswered: {d.get('percent', '')} % of the time is over",
    ),
    "approval.satisfied": ("circle-check", lambda d: "All keys turned"),
    "approval.voided": ("circle-off", lambda d: f"Votes void: {_fields(d)} changed"),
    "artifact.mismatch": (
        "equal-not",
        lambda d: f"Artifact {d.get('artifact', '')} is not what was handed over",
    ),
    "artifact.missing": ("file-x", lambda d: f"Artifact {d.get('artifact', '')} is missing"),
    "artifact.unreadable": ("triangle-alert", lambda d: f"Artifact {d.get('artifact', '')} cannot be read"),
    "artifact.verified": ("shield-check", lambda d: f"Artifact {d.get('artifact', '')} verified"),
    "aws.intended": ("file-pen", lambda d: f"About to call AWS: {_calls(d)}"),
    "aws.left_over": ("triangle-alert", lambda d: f"May be left over in AWS: {d.get('names', '')}"),
    "aws.recorded": (
        "cloud",
        lambda d: f"{'Found done in AWS' if d.get('adopted') else 'AWS answered'}: {_calls(d)}",
    ),
    "build.received": ("package", lambda d: "Build handed over"),
    "build.refused": ("octagon-x", lambda d: "Build refused"),
    "build.withdrawn": ("circle-minus", lambda d: "Build withdrawn"),
    "config.expired": ("circle-minus", lambda d: "Change of configuration expired"),
    "config.proposed": ("users", lambda d: "Change of configuration proposed; it needs a second person"),
    "config.rejected": ("octagon-x", lambda d: "Change of configuration rejected"),
    "delegation.ended": (
        "undo-2",
        lambda d: f"Delegation for {d.get('group', '')} ended: {d.get('why', '')}",
    ),
    "delegation.made": ("users", lambda d: f"Place in {d.get('group', '')} delegated"),
    "deployment.baseline": ("map-pin", lambda d: "Recorded as what already runs; no approval is claimed"),
    "deployment.cancel_requested": ("circle-minus", lambda d: "Asked to stop"),
    "deployment.denied": (
        "octagon-x",
        lambda d: f"Request denied: {', '.join(map(_spoken, _listed(d, 'codes')))}",
    ),
    "deployment.fenced": (
        "circle-off",
        lambda d: "A worker came back after another had taken over; it wrote nothing more",
    ),
    "evidence.added": ("file-check", lambda d: f"Evidence added: {_evidence(d)}"),
    "evidence.refused": ("octagon-x", lambda d: f"Evidence refused: {_evidence(d)}"),
    "gate.satisfiable": ("circle-check", lambda d: "People can fill the gate again"),
    "gate.unsatisfiable": (
        "users",
        lambda d: f"Nobody can fill the gate: too few in {' and '.join(_listed(d, 'groups'))}",
    ),
    "plan.computed": ("file-search", lambda d: _plan(d)),
    "release.cut": ("tag", lambda d: "Release cut"),
    "release.withdrawn": ("circle-minus", lambda d: "Release withdrawn"),
    "signin.failed": ("octagon-x", lambda d: f"Sign-in failed: {_spoken(d.get('code'))}"),
    "signin.succeeded": ("log-in", lambda d: "Signed in"),
    "vote.cast": ("key-round", lambda d: _vote(d)),
    "vote.refused": ("octagon-x", lambda d: f"Vote refused: {_spoken(d.get('code'))}"),
    "vote.withdrawn": ("undo-2", lambda d: "Vote withdrawn"),
}
SAID = ("comment", "reason", "why", "detail")  # private texts worth quoting


def _spoken(code: object) -> str:
    return str(code or "").replace("_", " ")


def _evidence(data: dict) -> str:
    kind = str(data.get("kind", ""))
    return EVIDENCE.get(kind, kind).lower()


def _fields(data: dict) -> str:
    return ", ".join(_listed(data, "changed_fields")).replace("_", " ") or "what was approved"


def _calls(data: dict) -> str:
    calls = data.get("calls") if isinstance(data.get("calls"), list) else []
    return ", ".join(dict.fromkeys(str(call.get("api", "")) for call in calls if isinstance(call, dict)))


def _listed(data: dict, name: str) -> list[str]:
    """A list of the event's data as texts; anything else in its place says nothing."""
    found = data.get(name)
    return [str(entry) for entry in found] if isinstance(found, list) else []


def _plan(data: dict) -> str:
    """A number that is not there is not said to be none."""
    changes = data.get("changes")
    return f"Plan computed: {count(changes, 'change')}" if isinstance(changes, int) else "Plan computed"


def _vote(data: dict) -> str:
    words = {"approve": "Approved", "reject": "Rejected", "withdraw": "Vote withdrawn"}
    word = words.get(str(data.get("decision")), "Voted")
    return f"{word} for {data['slot']}" if data.get("slot") else word


def sentence_of(kind: str, data: dict, environment: str | None) -> tuple[str, str]:
    """(icon, sentence) of an event; never fails on data that has another shape."""
    noun, _, verb = kind.partition(".")
    if kind in SENTENCES:
        icon, words = SENTENCES[kind]
        return icon, words(data)
    if noun == "deployment" and verb in DEPLOYMENT:
        word = word_for(verb)
        where = f" {data.get('version', '')} to {environment}" if verb == "requested" and environment else ""
        return word.icon, f"{word.text}{where}"
    return "dot", kind.replace("_", " ").replace(".", " ").capitalize()


def timeline(frame: Frame, subjects: Iterable[str], leave_out: Iterable[str] = ()) -> list[dict]:
    """{at, icon, state, actor, text, comment, environment}, newest first, at most MOST. Two queries.

    `leave_out`: kinds that only the audit page lists, because they would drown the others.
    """
    rows = visible_events(frame.actor, frame.names).filter(subject__in=list(subjects))
    rows = rows.exclude(kind__in=list(leave_out))
    rows = rows.select_related("leaf").prefetch_related("openings").order_by(LOG_ORDER, "-at", "-id")[:MOST]
    return [_event(as_item(row, frame.actor)) for row in rows]


def _event(item: dict) -> dict:
    icon, text = sentence_of(item["kind"], item["data"] or {}, item["environment"])
    private = item["private"]
    comment = next((private[name] for name in SAID if private.get(name)), "")
    noun, _, verb = item["kind"].partition(".")
    state = verb if noun == "deployment" and verb in DEPLOYMENT else ""
    state = "rejected" if item["outcome"] == "denied" else state
    return {
        "at": item["at"],
        "icon": icon,
        "state": state,
        "actor": item["actor"],
        "text": text,
        "comment": comment,
        "environment": item["environment"] or "",
    }
