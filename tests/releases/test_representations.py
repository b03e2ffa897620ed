from releases.models import Release
from releases.representations import release_representation
from tests.people import EPOCH


def release(**changes):
    named = {
        "id": "rel_x",
        "application_id": "payments",
        "version": "1",
        "build_id": "bld_x",
    }
    return Release(**{**named, "state": "open", "cut_at": EPOCH, **changes})


def test_an_open_release_is_shown_with_the_environments_it_is_given():
    where = {"dev": {"deployment": "dep_x", "state": "succeeded", "at": "2026-01-01T00:00:00Z"}}
    assert release_representation(release(), where) == {
        "id": "rel_x",
        "application": "payments",
        "version": "1",
        "build": "bld_x",
        "state": "open",
        "cut_at": "2026-01-01T00:00:00Z",
        "withdrawn_at": None,
        "withdrawn_reason": None,
        "environments": where,
    }


def test_a_withdrawn_release_says_when_and_why():
    shown = release_representation(
        release(state="withdrawn", withdrawn_at=EPOCH, withdrawn_reason="wrong table"), {}
    )
    assert (shown["state"], shown["withdrawn_reason"]) == ("withdrawn", "wrong table")
    assert shown["withdrawn_at"] == "2026-01-01T00:00:00Z"
