"""The list of releases."""

import re

import pytest

from builds.models import Build
from releases.models import Release


def test_the_newest_stands_first_with_how_far_it_has_come(world, rita):
    world.asked()
    answer = rita.get("/releases")
    assert re.findall(r'href="/releases/payments/([\d.]+)"', answer.html) == ["1.1.0", "1.0.0"]
    assert "Needs approval" in answer.text
    assert "Was there" in answer.text
    assert answer.queries <= 8


def test_withdrawn_and_quarantined_ones_are_marked(world, rita):
    Release.objects.filter(version="1.0.0").update(state="withdrawn")
    Build.objects.filter(version="1.1.0").update(state="quarantined")
    text = rita.get("/releases").text
    assert "Withdrawn" in text
    assert "Quarantined" in text


def test_a_part_of_the_name_filters(world, rita):
    assert "payments 1.1.0" in rita.get("/releases", application="ayment").text
    answer = rita.get("/releases", application="storefront")
    assert "No release matches" in answer.text


def test_one_page_leads_to_the_next_and_back(world, rita):
    for number in range(60):
        world.release(f"2.{number}.0")
    first = rita.get("/releases", application="pay")
    following = next(link for link in first.links() if "cursor=" in link)
    assert "application=pay" in following
    second = rita.get(following)
    assert first.html.count("data-row") == 50
    assert second.html.count("data-row") == 12
    assert "/releases?application=pay" in second.links()
    assert not [link for link in second.links() if "cursor=" in link]


def test_a_made_up_cursor_is_refused(world, rita):
    assert "This cursor was not made by us." in rita.get("/releases", cursor="made-up", status=422).text


def test_what_one_may_not_see_is_not_listed(world, zoe):
    answer = zoe.get("/releases")
    assert "payments" not in answer.text
    assert "No release yet" in answer.text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '" onfocus="x'])
def test_a_hostile_filter_stays_text(world, rita, text):
    answer = rita.get("/releases", application=text)
    assert text not in answer.html
