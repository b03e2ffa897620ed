"""Under which rules it started: gate, pipeline, windows and freezes by version, and who was in the groups then."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from approvals.gate import in_words
from deployments.models import Deployment

NOT_RECORDED = "not recorded"


@dataclass(frozen=True)
class Rule:
    """One line; `history`: the address of everything the log says about it, archived or not."""

    name: str
    value: str
    history: str = ""


def rules_in_force(row: Deployment) -> list[Rule]:
    """Empty for what never started."""
    record = row.start_record
    if not record:
        return []
    return [
        *_gate(row, record),
        *_pipeline(row),
        *_calendar("Window", "window", record["calendar"]["windows"], "no window named it"),
        *_calendar("Freeze", "freeze", record["calendar"]["freezes"], "none"),
    ]


def _gate(row: Deployment, record: dict) -> list[Rule]:
    if "gate" not in record:
        return [Rule("Gate", NOT_RECORDED)]
    place = f"environment:{row.environment_id}"
    if record["gate"] is None:
        return [Rule("Gate", "nobody was asked", _history(place))]
    gate = record["gate"]
    words = f"version {gate['version']} of {row.environment_id}: {in_words(gate)}"
    return [Rule("Gate", words, _history(place)), *_people(record)]


def _people(record: dict) -> list[Rule]:
    """`payments-owners` then: `olga, omar`; and what roles those had who voted."""
    found = [
        Rule(f"{group} then", ", ".join(names) or "nobody", _history(f"group:{group}"))
        for group, names in sorted(record["members"].items())
    ]
    roles = [f"{name}: {', '.join(has).replace('_', ' ')}" for name, has in record["roles"].items() if has]
    return [*found, Rule("Roles of the voters then", "; ".join(roles) or "none")]


def _pipeline(row: Deployment) -> list[Rule]:
    if row.pipeline_version is None:
        return []
    subject = f"pipeline:{row.application_id}"
    return [Rule("Pipeline", f"version {row.pipeline_version.number}", _history(subject))]


def _calendar(name: str, kind: str, rows: list[dict], none: str) -> list[Rule]:
    found = [
        Rule(name, f"{one['name']}, version {one['version']}", _history(f"{kind}:{one['id']}"))
        for one in rows
    ]
    return found or [Rule(name, none)]


def _history(subject: str) -> str:
    return f"{reverse('audit')}?{urlencode({'subject': subject})}"
