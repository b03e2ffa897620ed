"""Accounts, environments and pipelines for tests, as plain rows. Alice and Bob live in tests.people."""

from pipelines.gates import complete
from pipelines.models import Account, Environment, Freeze, PipelineVersion, Window
from tests import people

REGION = "eu-west-1"
NUMBERS = {"dev": "111111111111", "staging": "222222222222", "prod": "333333333333"}
RANKS = {"dev": 10, "staging": 20, "prod": 30, "prod-eu": 40}


def account(alias: str = "dev", **values) -> Account:
    """The account of that alias; made where missing."""
    number = NUMBERS.get(alias, "444444444444")
    defaults = {
        "account_id": number,
        "regions": [REGION, "eu-central-1"],
        "deploy_role_arn": f"arn:aws:iam::{number}:role/deploy",
        "pool": "main",
        "external_id": f"external-{alias}",
        "created_at": people.EPOCH,
    }
    return Account.objects.get_or_create(alias=alias, defaults={**defaults, **values})[0]


def environment(name: str = "dev", *, slots=(), protected: bool = False, gate=None, **values) -> Environment:
    """The environment of that name, in the account of the same alias; `slots`: (group, count) pairs."""
    rule = {**(gate or {}), "slots": [{"group": group, "count": count} for group, count in slots]}
    defaults = {
        "region": REGION,
        "rank": RANKS.get(name, 50),
        "protected": protected,
        "default_open": not protected,
        "gate": complete(rule, protected=protected),
        "created_at": people.EPOCH,
    }
    if "account" not in values:
        values["account"] = account(name if name in NUMBERS else "dev")
    return Environment.objects.get_or_create(name=name, defaults={**defaults, **values})[0]


def source(application: str = "payments", environments=("dev", "staging", "prod"), slots=None) -> str:
    """A good pipeline as YAML; `slots`: {environment: [(group, count)]} to add."""
    lines = [f"application: {application}", "stages:"]
    for name in environments:
        lines += [
            f"  - environment: {name}",
            f"    target: {{kind: cloudformation-stack, stack: {application}-{name}, template: template}}",
        ]
        added = (slots or {}).get(name, ())
        if added:
            rows = ", ".join(f'{{group: "{group}", count: {count}}}' for group, count in added)
            lines.append(f"    slots: [{rows}]")
    return "\n".join(lines) + "\n"


def pipeline(application: str = "payments", environments=("dev", "staging", "prod"), slots=None, number=1):
    """A saved version as a row, unchecked; the application is made where missing."""
    stages = [
        {
            "environment": name,
            "target": {
                "kind": "cloudformation-stack",
                "stack": f"{application}-{name}",
                "template": "template",
            },
            "tests": "required",
            "soak": 0,
            "bake": 0,
            "slots": [{"group": g, "count": c} for g, c in (slots or {}).get(name, ())],
        }
        for name in environments
    ]
    return PipelineVersion.objects.create(
        application=people.application(application),
        number=number,
        source=source(application, environments, slots),
        spec={"stages": stages},
        edited_by="user:per_admin",
        created_at=people.EPOCH,
    )


def window(**values) -> Window:
    """A window row, unchecked: Wednesdays 22:00 for an hour in Berlin, everywhere, unless told otherwise."""
    defaults = {
        "name": "Wednesday night",
        "scope": {},
        "timezone": "Europe/Berlin",
        "rrule": "FREQ=WEEKLY;BYDAY=WE",
        "start": "2026-01-07T22:00:00",
        "duration": 3600,
        "created_at": people.EPOCH,
        "created_by": "admin",
    }
    return Window.objects.create(**{**defaults, **values})


def freeze(**values) -> Freeze:
    """A freeze row, unchecked: from 20 December 2026 to 4 January 2027, everywhere, unless told otherwise."""
    defaults = {
        "name": "Year end",
        "scope": {},
        "timezone": "UTC",
        "start": "2026-12-20T00:00:00",
        "end": "2027-01-04T00:00:00",
        "reason": "Nobody is here.",
        "contact": "rita",
        "actions": ["deploy"],
        "created_at": people.EPOCH,
        "created_by": "admin",
    }
    return Freeze.objects.create(**{**defaults, **values})
