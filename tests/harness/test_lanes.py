"""A test runs twice where two databases can make a difference, and once where it has none."""

from pathlib import PurePath

import pytest

from tests.lanes import unwanted

RULES = PurePath("approvals/test_rules.py")


def runs_on(path: PurePath = RULES, marks=(), fixtures=()) -> list[str]:
    return [
        kind
        for kind in ("sqlite", "postgres")
        if not unwanted(kind, marks=set(marks), fixtures=fixtures, path=path)
    ]


def test_what_asks_for_no_database_runs_once():
    assert runs_on() == ["sqlite"]
    assert runs_on(marks=["parametrize"], fixtures=["request", "django_db_blocker"]) == ["sqlite"]


@pytest.mark.parametrize(
    "door", ["db", "transactional_db", "django_db_setup", "private_postgres", "live_server"]
)
def test_what_reaches_a_database_by_any_door_runs_on_both(door):
    assert runs_on(fixtures=["request", door]) == ["sqlite", "postgres"]
    assert runs_on(marks=["django_db"]) == ["sqlite", "postgres"]


@pytest.mark.parametrize(
    "folder", ["demo", "journeys", "faults", "harness", "releasegate", "ship", "attacks"]
)
def test_where_processes_are_started_nothing_is_taken_for_pure(folder):
    assert runs_on(PurePath(folder) / "test_x.py") == ["sqlite", "postgres"]


def test_a_mark_says_it_for_one_test():
    assert runs_on(marks=["django_db", "one_database"], fixtures=["db"]) == ["sqlite"]
    assert runs_on(marks=["django_db", "postgresql"], fixtures=["db"]) == ["postgres"]
    assert runs_on(marks=["postgresql"]) == ["postgres"]


def test_every_test_runs_on_one_of_the_two_at_least():
    paths = [RULES, PurePath("journeys/test_x.py")]
    for marks in ([], ["django_db"], ["one_database"], ["postgresql"], ["journey"]):
        assert all(runs_on(path, marks) for path in paths)
