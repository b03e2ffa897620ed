"""Windows and freezes from the database to the answer: which rows count where, in how many queries."""

from datetime import UTC, datetime

import pytest

from kernel.refusals import NotFound
from kernel.verdicts import Allow, Wait
from pipelines import openings, queries
from tests import people
from tests.pipelines import places

pytestmark = pytest.mark.django_db
TUESDAY = datetime(2026, 11, 24, 12, tzinfo=UTC)
INSIDE = datetime(2026, 11, 25, 21, 30, tzinfo=UTC)  # Wednesday 22:30 in Berlin
OPENS = datetime(2026, 11, 25, 21, tzinfo=UTC)
CLOSES = datetime(2026, 11, 25, 22, tzinfo=UTC)


@pytest.fixture
def prod():
    return places.environment("prod", protected=True)


def test_where_no_window_names_it_the_default_holds(prod):
    assert isinstance(openings.opening_for(prod, "payments", TUESDAY), Wait)
    assert isinstance(openings.opening_for(places.environment("dev"), "payments", TUESDAY), Allow)


def test_outside_its_window_a_place_waits_until_it_opens(prod):
    places.window(scope={"environment": "prod"})
    found = openings.opening_for(prod, "payments", TUESDAY)
    assert isinstance(found, Wait)
    assert found.until == OPENS
    assert [reason.code for reason in found.reasons] == ["outside_window"]
    assert openings.opening_for(prod, "payments", INSIDE) == Allow((), CLOSES)


@pytest.mark.parametrize(
    ("scope", "counts"),
    [
        ({}, True),
        ({"environment": "prod"}, True),
        ({"application": "payments"}, True),
        ({"tier": "gold"}, True),
        ({"environment": "prod", "application": "payments"}, True),
        ({"environment": "dev"}, False),
        ({"application": "storefront"}, False),
        ({"tier": "silver"}, False),
        ({"environment": "prod", "application": "storefront"}, False),
    ],
)
def test_a_window_counts_where_its_scope_names_the_place(scope, counts):
    prod = places.environment("prod", protected=True, tier="gold")
    places.window(scope=scope)
    assert isinstance(openings.opening_for(prod, "payments", INSIDE), Allow) is counts


def test_a_freeze_beats_every_window_and_lets_other_actions_pass(prod):
    places.window()
    places.freeze(start="2026-11-25T00:00:00", end="2026-11-26T00:00:00")
    found = openings.opening_for(prod, "payments", INSIDE)
    assert [reason.code for reason in found.reasons] == ["freeze"]
    assert "Nobody is here." in found.reasons[0].text
    assert isinstance(openings.opening_for(prod, "payments", INSIDE, action="rollback"), Allow)


def test_what_is_archived_counts_no_longer(prod):
    places.window(archived_at=people.EPOCH)
    places.freeze(start="2026-01-01T00:00:00", archived_at=people.EPOCH)
    assert isinstance(openings.opening_for(prod, "payments", INSIDE), Wait)
    assert isinstance(openings.opening_for(places.environment("dev"), "payments", INSIDE), Allow)


def test_it_takes_one_query_however_many_there_are(prod, django_assert_num_queries):
    for number in range(8):
        places.window(name=f"w{number}", scope={"environment": "prod"})
        places.freeze(name=f"f{number}")
    with django_assert_num_queries(1):
        openings.opening_for(prod, "payments", TUESDAY)
    with django_assert_num_queries(1):
        openings.next_opening_for(prod, None, TUESDAY)


def test_the_next_opening_has_start_and_end(prod):
    places.window(scope={"environment": "prod"})
    found = openings.next_opening_for(prod, None, TUESDAY)
    assert (found.open_now, found.opens_at, found.closes_at) == (False, OPENS, CLOSES)
    now = openings.next_opening_for(prod, None, INSIDE)
    assert (now.open_now, now.opens_at, now.closes_at) == (True, OPENS, CLOSES)


def test_archived_rows_are_still_found_by_their_id():
    window, freeze = places.window(archived_at=people.EPOCH), places.freeze(archived_at=people.EPOCH)
    assert queries.get_window(window.pk).pk == window.pk
    assert queries.get_freeze(freeze.pk).pk == freeze.pk
    for read in (queries.get_window, queries.get_freeze):
        with pytest.raises(NotFound):
            read("win_x")
