"""The state of the machine and of the calendar, for the frame of every page, in one query.

One union instead of eight small selects: every page pays for it, and a page's own budget is small.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import CharField, DateTimeField, IntegerField, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, JSONObject, Now

from audit.models import Checkpoint, SealerState
from builds.queries import quarantined
from deployments.models import BreakGlass, Worker
from kernel.clock import SCHEDULER
from kernel.models import ClockOffset, Heartbeat
from pipelines.models import Account, GateShortage
from pipelines.queries import freezes, windows
from pipelines.window_rules import Freeze, Window
from teams.models import Person

WINDOW_FIELDS = ("id", "name", "scope", "timezone", "rrule", "start", "duration", "in_flight")
FREEZE_FIELDS = (
    *("id", "name", "scope", "timezone", "start", "end", "rrule", "duration"),
    *("reason", "contact", "actions"),
)

GLASS_FIELDS = {
    "id": "pk",
    "application": "deployment__application_id",
    "environment": "deployment__environment_id",
    "owners": "deployment__application__owners_group_id",
    "state": "deployment__state",
    "drill": "drill",
}
QUARANTINE_FIELDS = {
    "application": "application_id",
    "version": "version",
    "team": "application__team_id",
    "owners": "application__owners_group_id",
}


@dataclass(frozen=True)
class Pulse:
    """`at`: the clock of decisions (kernel.clock.now), `raw`: that of heartbeats. `workers`: pool → when its
    latest worker was seen. `log_size`: sealed events, None before the first checkpoint."""

    at: datetime
    raw: datetime
    log_size: int | None = None
    log_signed_at: datetime | None = None
    log_mismatch: str = ""
    log_verified_at: datetime | None = None  # when the whole log was last checked and agreed
    scheduler_seen_at: datetime | None = None
    pools: frozenset[str] = frozenset()
    served: tuple[tuple[str, str], ...] = ()  # (pool, alias of an account it serves)
    workers: dict | None = None
    windows: tuple[Window, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    glasses: tuple[dict, ...] = ()  # every break-glass that is not reviewed yet: GLASS_FIELDS
    shortages: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (`prod/payments`, groups) that nobody can fill
    quarantined: tuple[dict, ...] = ()  # every such build that is not withdrawn: QUARANTINE_FIELDS

    def dead_pools(self) -> list[str]:
        """Pools that serve an account and have no live worker; a worker of `*` serves every pool."""
        return sorted(pool for pool in self.pools if not self.is_alive(pool))

    def is_alive(self, pool: str) -> bool:
        seen = self.last_seen(pool)
        return seen is not None and seen >= self.raw - timedelta(seconds=settings.WORKER_ALIVE_SECONDS)

    def last_seen(self, pool: str) -> datetime | None:
        """When a worker that serves it was last heard of, by the raw clock; None: never."""
        heard = self.workers or {}
        return max((heard[name] for name in (pool, "*") if name in heard), default=None)

    def scheduler_silent_seconds(self) -> float | None:
        """None if it was never heard of."""
        if self.scheduler_seen_at is None:
            return None
        return max(0.0, (self.raw - self.scheduler_seen_at).total_seconds())


def read_pulse(person_id: str) -> Pulse:
    """One query. `person_id`: of whoever is signed in, whose row carries the database's time."""
    rows: dict[str, list] = {}
    for kind, name, at, number, text in _union(person_id):
        rows.setdefault(kind, []).append((name, at, number, text))
    raw = rows["now"][0][1]
    offset = rows["offset"][0][2] if settings.CLOCK_MAY_MOVE and "offset" in rows else 0
    signed = rows.get("checkpoint", [(None, None, None, None)])[0]
    sealer = rows.get("sealer", [("", None, None, "")])[0]
    return Pulse(
        at=raw + timedelta(seconds=offset),
        raw=raw,
        log_size=signed[2],
        log_signed_at=signed[1],
        log_mismatch=sealer[3],
        log_verified_at=sealer[1],
        scheduler_seen_at=rows["scheduler"][0][1] if "scheduler" in rows else None,
        pools=frozenset(name for name, *_ in rows.get("pool", [])),
        served=tuple(sorted((name, text) for name, _, _, text in rows.get("pool", []))),
        workers=_latest(rows.get("worker", [])),
        windows=tuple(_window(row) for row in rows.get("window", [])),
        freezes=tuple(_freeze(row) for row in rows.get("freeze", [])),
        glasses=tuple(json.loads(row[3]) for row in rows.get("glass", [])),
        shortages=tuple(sorted(_shortage(row) for row in rows.get("shortage", []))),
        quarantined=tuple(json.loads(row[3]) for row in rows.get("quarantine", [])),
    )


def _union(person_id: str) -> QuerySet:
    """Rows (kind, name, instant, number, text). The first select gives the columns their types."""
    newest = Checkpoint.objects.order_by("-tree_size").values("tree_size")[:1]
    return _rows(Person.objects.filter(pk=person_id), "now", at=Now()).union(
        _rows(ClockOffset.objects.all(), "offset", number="seconds"),
        _rows(
            Checkpoint.objects.filter(tree_size=Subquery(newest)),
            "checkpoint",
            at="signed_at",
            number="tree_size",
        ),
        _rows(SealerState.objects.all(), "sealer", at="verified_at", text="mismatch"),
        _rows(Heartbeat.objects.filter(name=SCHEDULER), "scheduler", at="seen_at"),
        _rows(Account.objects.filter(archived_at__isnull=True).order_by(), "pool", name="pool", text="alias"),
        _rows(Worker.objects.all(), "worker", name="pool", at="seen_at"),
        _rows(windows().order_by(), "window", name="id", text=_as_json(WINDOW_FIELDS)),
        _rows(freezes().order_by(), "freeze", name="id", text=_as_json(FREEZE_FIELDS)),
        _rows(
            BreakGlass.objects.filter(reviewed_at=None).order_by(),
            "glass",
            name="id",
            text=JSONObject(**GLASS_FIELDS),
        ),
        _rows(GateShortage.objects.all(), "shortage", name="id", text=_as_json(("groups",))),
        _rows(quarantined().order_by(), "quarantine", name="id", text=JSONObject(**QUARANTINE_FIELDS)),
        all=True,
    )


def _rows(rows: QuerySet, kind: str, *, name="", at=None, number=None, text="") -> QuerySet:
    """`rows` as (kind, name, at, number, text); a plain str names a column, "" and None leave it out."""
    return rows.annotate(
        pulse_kind=Value(kind, CharField()),
        pulse_name=Cast(name, CharField()) if name else Value("", CharField()),
        pulse_at=Cast(at, DateTimeField()) if at else Value(None, DateTimeField()),
        pulse_number=Cast(number, IntegerField()) if number else Value(None, IntegerField()),
        pulse_text=Cast(text, TextField()) if text else Value("", TextField()),
    ).values_list("pulse_kind", "pulse_name", "pulse_at", "pulse_number", "pulse_text")


def _as_json(fields: tuple[str, ...]) -> JSONObject:
    return JSONObject(**{name: name for name in fields})


def _latest(rows: list) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for pool, seen, *_ in rows:
        found[pool] = max(seen, found.get(pool, seen))
    return found


def _plain(text: str) -> dict:
    """The fields of a calendar row. SQLite gives nested JSON as text in text."""
    fields = json.loads(text)
    nested = {name: fields[name] for name in ("scope", "actions") if isinstance(fields.get(name), str)}
    return {**fields, **{name: json.loads(value) for name, value in nested.items()}}


def _shortage(row: tuple) -> tuple[str, tuple[str, ...]]:
    groups = json.loads(row[3])["groups"]
    return row[0], tuple(json.loads(groups) if isinstance(groups, str) else groups)


def _window(row: tuple) -> Window:
    return Window(**_plain(row[3]))


def _freeze(row: tuple) -> Freeze:
    fields = _plain(row[3])
    return Freeze(**{**fields, "actions": tuple(fields["actions"])})
