"""The board: what is where, now or at an instant in the past. Three queries, however large the company."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.db.models import Exists, OuterRef, Q, QuerySet

from deployments.models import Deployment, Lane
from deployments.queries import last_told
from deployments.states import HOLDS_LANE, TERMINAL
from insights.frame import Frame
from insights.reads.board_cell import Cell, cell_of
from insights.reads.openings import freeze_in_force, has_rules_of_its_own, opening_at
from insights.reads.pulse import Pulse
from pipelines.calendar import Calendars, Opening, matches
from pipelines.models import Environment
from pipelines.queries import environments
from teams.models import Application

PAGE = 50  # applications


@dataclass(frozen=True)
class Filters:
    """`at`: an aware instant, None for now. `number`: of the page, from 1."""

    application: str = ""
    environment: str = ""
    team: str = ""
    at: datetime | None = None
    number: int = 1


@dataclass(frozen=True)
class Place:
    """A column: an environment with its opening now; `frozen`: a freeze is why it is closed."""

    environment: Environment
    opening: Opening
    frozen: bool


@dataclass(frozen=True)
class Row:
    """One application across the places; `group`: the team's name where it differs from the row above."""

    application: Application
    cells: list[Cell]
    group: str


@dataclass(frozen=True)
class Pool:
    """The accounts that only its workers reach. `seen`: when one was last heard of, None: never."""

    name: str
    accounts: list[str]
    seen: datetime | None
    alive: bool


@dataclass
class Board:
    """`places` are the columns, `rows` at most PAGE applications; `more`: there is a next page. `version`: changes when
    anything shown does; a poll that names it is answered 204."""

    places: list[Place] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    more: bool = False
    total_environments: int = 0
    pools: list[Pool] = field(default_factory=list)
    version: str = ""


def read_board(frame: Frame, filters: Filters) -> Board:
    """Everything visible, narrowed by `filters`."""
    every = list(environments())
    shown = [place for place in every if filters.environment in ("", place.pk)]
    applications, more = _applications(frame, filters)
    known = _deployments(applications, shown, filters.at)
    places = [_place(frame, place) for place in shown]
    rows, team = [], None
    for application in applications:
        cells = _cells(frame, application, places, known, past=filters.at is not None)
        rows.append(Row(application, cells, "" if application.team_id == team else application.team_id))
        team = application.team_id
    return Board(places, rows, more, len(every), pools_of(frame.pulse), _version(places, rows))


def pools_of(pulse: Pulse) -> list[Pool]:
    """Every pool that serves an account, by name (requirement J03)."""
    return [
        Pool(name, [alias for _, alias in rows], pulse.last_seen(name), pulse.is_alive(name))
        for name, rows in groupby(pulse.served, key=itemgetter(0))
    ]


def _version(places: list[Place], rows: list[Row]) -> str:
    """Everything the table shows but the ages, which the page itself keeps telling anew."""
    shown = [(place.environment.pk, place.environment.version, place.frozen) for place in places]
    openings = [(place.opening.open_now, place.opening.opens_at) for place in places]
    cells = [(row.application.name, row.group, row.cells) for row in rows]
    return hashlib.sha256(repr((shown, openings, cells)).encode()).hexdigest()[:16]


def _applications(frame: Frame, filters: Filters) -> tuple[list[Application], bool]:
    rows = Application.objects.order_by("team_id", "name")
    if frame.names is not None:
        rows = rows.filter(pk__in=frame.names)
    if filters.application:
        rows = rows.filter(name__icontains=filters.application)
    if filters.team:
        rows = rows.filter(team=filters.team)
    start = (filters.number - 1) * PAGE
    found = list(rows[start : start + PAGE + 1])
    return found[:PAGE], len(found) > PAGE


def _deployments(applications: list, places: list, at: datetime | None) -> dict[tuple, dict]:
    """{(application, environment): {"current": row or None, "next": row or None}}."""
    rows = Deployment.objects.filter(application__in=applications, environment__in=places)
    rows = last_told(rows, at) if at else _now(rows)
    columns = ("application_id", "environment_id", "version", "state", "waiting_for", "kind", "reasons")
    times = ("requested_at", "ended_at", "approval_id", "release__cut_at", "release_id", "break_glass")
    marks = ("skipped_stages",)
    found: dict[tuple, dict] = {}
    for row in rows.select_related("release").only(*columns, *times, *marks).order_by("requested_at", "id"):
        lane = found.setdefault((row.application_id, row.environment_id), {"current": None, "next": None})
        if row.state in TERMINAL:
            lane["current"] = row
        elif lane["next"] is None or lane["next"].state not in HOLDS_LANE:
            lane["next"] = row  # what holds the lane comes first, else the newest request
    return found


def _now(rows: QuerySet) -> QuerySet:
    """What runs by our record (the lane names it), and everything that has not ended."""
    here = Lane.objects.filter(deployment=OuterRef("pk"))
    return rows.filter(Q(Exists(here)) | ~Q(state__in=TERMINAL))


def _place(frame: Frame, environment: Environment) -> Place:
    opening = opening_at(frame.pulse, environment, zone=str(frame.zone))
    return Place(environment, opening, any(reason.code == "freeze" for reason in opening.reasons))


def _cells(
    frame: Frame, application: Application, places: list[Place], known: dict, past: bool
) -> list[Cell]:
    """One per place; each is compared with the newest release of the places before it."""
    cells, ahead = [], None
    own = not past and has_rules_of_its_own(frame.pulse, application.name)
    for place in places:
        lane = known.get((application.name, place.environment.pk), {"current": None, "next": None})
        freeze = own and _frozen(frame, place.environment, application.name)
        cell = cell_of(place.environment.pk, lane["current"], lane["next"], ahead, frozen=bool(freeze))
        cells.append(cell if past else replace(cell, closed=not place.opening.open_now))
        if cell.cut and (ahead is None or cell.cut >= ahead[0]):
            ahead = (cell.cut, place.environment.pk)
    return cells


def _frozen(frame: Frame, environment: Environment, application: str) -> bool:
    """Whether a freeze that names the application is in force in this place; the column shows the others."""
    place = Calendars((), (), environment.pk, True, application, environment.tier)
    named = [f for f in frame.pulse.freezes if f.scope.get("application") and matches(f.scope, place)]
    return any(freeze_in_force(freeze, frame.now) for freeze in named)
