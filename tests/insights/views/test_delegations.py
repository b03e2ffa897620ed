"""Standing in, without JavaScript: what a person lends and was lent, the form, and the end of it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from kernel.clock import now
from pipelines.actions.confirm_change import confirm_change
from pipelines.models import ConfigChange
from teams.actions.create_group import create_group
from teams.models import Delegation, Person
from tests import people
from tests.deployments.world import SYSTEM
from tests.insights.browser import Browser

PATH, MAKE = "/delegations", "/delegations/make"


def local(days: float) -> str:
    return (now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


def words(**changes) -> dict:
    typed = {"group": "reviewers", "to": "zoe", "until": local(3), "reason": "On holiday", "next": PATH}
    return {**typed, **changes}


def send(browser: Browser, path: str = MAKE, **fields):
    response = browser.post(path, **fields)
    assert response.status_code == 303, response.content[:400]
    return browser.get(response["Location"])


@pytest.fixture
def omar(world) -> Browser:
    """In a group without a key to anything protected, beside the owners."""
    create_group(actor=SYSTEM, name="reviewers", members=["omar", "olga"])
    return Browser("omar")


def test_nothing_yet_is_said_and_the_form_offers_ones_own_groups(omar):
    page = omar.get(PATH)
    assert "Nobody stands in for you." in page.text
    assert "You stand in for nobody." in page.text
    assert 'value="reviewers"' in page.html
    assert 'value="payments-owners"' in page.html
    assert 'value="release-managers"' not in page.html
    assert page.queries <= 12


def test_who_is_in_no_group_has_no_place_to_lend(world, dana):
    page = dana.get(PATH)
    assert "You are in no group, so there is no place to lend." in page.text
    assert MAKE not in page.html


def test_it_is_made_shown_to_both_and_found_from_the_menu(omar, world):
    page = send(omar, **words())
    assert "It holds." in page.text
    row = Delegation.objects.get()
    assert (row.group_id, row.principal.username, row.delegate.username) == ("reviewers", "omar", "zoe")
    assert (row.reason, row.until.strftime("%Y-%m-%dT%H:%M")) == ("On holiday", local(3))
    assert "zoe" in page.text
    assert "On holiday" in Browser("zoe").get(PATH).text
    assert "On holiday" not in Browser("olga").get(PATH).text
    assert f'href="{PATH}"' in page.html


def test_where_the_group_turns_a_protected_key_it_waits_for_an_administrator(omar, world):
    people.person("iris", roles=["administrator"])
    page = send(omar, **words(group="payments-owners"))
    assert "Proposed." in page.text
    assert "zoe does not stand in yet" in page.text
    assert not Delegation.objects.exists()
    change = ConfigChange.objects.get()
    assert f"/changes/{change.pk}" in page.html
    confirm_change(actor=world.actor("iris"), change_id=change.pk)
    again = omar.get(PATH)
    assert "zoe does not stand in yet" not in again.text
    assert "zoe" in again.text


WRONG = [
    ({"to": "nobody"}, "nobody"),
    ({"to": "omar"}, "omar"),
    ({"until": ""}, "required"),
    ({"until": "soon"}, "valid"),
    ({"until": "2020-01-01T00:00"}, "holiday"),
    ({"reason": " "}, "Say why"),
    ({"group": "release-managers"}, "Only a member"),
    ({"since": "2020-01-01T00:00"}, "Nobody stood in before"),
]


@pytest.mark.parametrize(
    ("change", "said"), WRONG, ids=[next(iter(c)) + str(n) for n, (c, _) in enumerate(WRONG)]
)
def test_what_is_wrong_is_said_changes_nothing_and_keeps_what_was_typed(omar, change, said):
    page = send(omar, **words(**{"reason": "On holiday", **change}))
    assert not Delegation.objects.exists()
    assert not ConfigChange.objects.exists()
    assert said in page.html
    assert "field-error" in page.html
    typed = change.get("to", "zoe")
    assert f'value="{typed}"' in page.html


def test_either_of_the_two_ends_it_with_a_reason(omar, world):
    for who in ("omar", "zoe"):
        send(omar, **words())
        row = Delegation.objects.get(ended_at=None)
        page = send(Browser(who), f"/delegations/{row.pk}/end", reason="Back already")
        row.refresh_from_db()
        assert (row.ended_reason, row.ended_at is None) == ("Back already", False)
        assert "1 ended one" in page.text or "2 ended ones" in page.text
        assert "Ended." in page.text


def test_without_a_reason_it_stands(omar):
    send(omar, **words())
    row = Delegation.objects.get()
    send(omar, f"/delegations/{row.pk}/end", next=PATH, reason=" ")
    assert Delegation.objects.get().ended_at is None


def test_a_stranger_ends_nothing(omar, dana):
    send(omar, **words())
    row = Delegation.objects.get()
    assert dana.post(f"/delegations/{row.pk}/end", reason="Mine").status_code == 404
    assert Delegation.objects.get().ended_at is None


def test_a_link_ends_nothing_and_signing_in_is_needed(omar, client):
    send(omar, **words())
    row = Delegation.objects.get()
    assert client.get(PATH).status_code == 302
    assert client.post(MAKE, words()).status_code == 302
    client.force_login(Person.objects.get(username="omar"))
    assert client.get(f"/delegations/{row.pk}/end").status_code == 405
    assert Delegation.objects.get().ended_at is None


def test_times_are_those_of_the_clock_of_whoever_typed_them(omar):
    """Berlin is an hour ahead of UTC in November and December."""
    omar.post("/settings/zone", zone="Europe/Berlin", next=PATH)
    assert "Times are in Europe/Berlin." in omar.get(PATH).text
    typed = now() + timedelta(days=3)
    send(omar, **words(until=typed.astimezone(ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%dT%H:%M")))
    assert Delegation.objects.get().until == typed.replace(second=0, microsecond=0)


def test_a_reason_of_more_than_500_characters_is_refused_at_its_field(omar):
    page = send(omar, **words(reason="x" * 501))
    assert "Say why, in 1 to 500 characters." in page.html
    assert not Delegation.objects.exists()


def test_what_somebody_else_proposed_does_not_wait_on_ones_own_page(omar, world):
    people.person("iris", roles=["administrator"])
    send(omar, **words(group="payments-owners"))
    assert "zoe does not stand in yet" in omar.get(PATH).text
    assert "does not stand in yet" not in Browser("iris").get(PATH).text
