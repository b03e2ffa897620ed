"""As people see it: open or closed, until when, in both zones, and why."""

import re
from datetime import timedelta

import pytest

from kernel.clock import now
from pipelines.models import Environment, Freeze, Window
from tests.insights.calendar_rows import freeze_now, window_elsewhen


def opening(answer, environment: str) -> str:
    """The text of the place's card."""
    found = re.search(rf'aria-labelledby="opening-{environment}".*?</article>', answer.html, re.DOTALL).group(
        0
    )
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found))


def test_without_windows_the_default_holds_and_says_so(world, rita):
    answer = rita.get("/calendar")
    assert "No window names it: it is always open, freezes apart" in opening(answer, "prod")
    assert "No windows" in answer.text
    assert "No freeze" in answer.text
    Environment.objects.filter(pk="prod").update(default_open=False)
    closed = opening(rita.get("/calendar"), "prod")
    assert "Closed. No opening within 90 days" in closed
    assert "it is closed where none does" in closed


def test_a_closed_place_says_when_it_opens_and_until_when(world, rita):
    window_elsewhen("prod", hours=6)
    text = opening(rita.get("/calendar"), "prod")
    assert "Closed. Next opening" in text
    assert "in 5 h" in text
    assert "It stays open until" in text
    assert "is closed. It opens" not in text, "the first line says it"
    assert "By: A window" in text


def test_a_rule_whose_place_is_gone_says_that_it_applies_to_nothing(world, rita):
    window_elsewhen("prod", hours=6)
    assert "there no longer" not in rita.get("/calendar").text
    Window.objects.update(scope={"environment": "demolished"})
    assert "What it names is there no longer" in rita.get("/calendar").text


def test_times_are_in_the_zone_of_the_reader_and_in_that_of_the_window(world, rita):
    Window.objects.create(
        name="Berlin nights",
        scope={"environment": "prod"},
        timezone="Europe/Berlin",
        rrule="FREQ=WEEKLY;BYDAY=WE",
        start="2026-01-07T22:00:00",
        duration=3600,
        created_at=now(),
        created_by="user:per_rita",
    )
    rita.client.cookies["zone"] = "Asia/Tokyo"
    answer = rita.get("/calendar")
    assert "JST" in opening(answer, "prod")
    assert "in the window's own zone, Europe/Berlin" in opening(answer, "prod").replace("&#x27;", "'")
    assert "Wednesdays 22:00 for 1 h, Europe/Berlin" in answer.text
    assert len(re.findall(r"22:00 CES?T there", answer.text)) == 5


def test_a_freeze_shuts_everything_and_gives_reason_end_and_contact(world, rita):
    freeze_now("prod", reason="Year end", contact="the duty officer")
    answer = rita.get("/calendar")
    text = opening(answer, "prod")
    assert "Closed" in text
    assert "Year end" in text
    assert "In force" in answer.text
    assert "ask the duty officer" in answer.text
    assert "Closed" not in opening(answer, "staging")
    assert "Freeze in prod until" in answer.text  # the strip


def test_a_freeze_that_is_over_is_history_and_one_to_come_is_listed(world, rita):
    at = now()
    freeze_now("prod", name="Last year", hours=0, start=(at - timedelta(days=9)).isoformat()[:19])
    Freeze.objects.update(end=(at - timedelta(days=8)).isoformat()[:19])
    freeze_now(
        "prod",
        name="Next week",
        start=(at + timedelta(days=7)).isoformat()[:19],
        end=(at + timedelta(days=8)).isoformat()[:19],
    )
    text = rita.get("/calendar").text
    assert "Last year" not in text
    assert "Next week" in text
    assert "Not in force" in text


def test_a_rule_that_cannot_be_read_opens_nothing_and_says_so(world, rita):
    window_elsewhen("prod", timezone="Mars/Olympus")
    answer = rita.get("/calendar")
    assert "There is no such IANA time zone. It opens nothing." in answer.text
    assert "Closed" in opening(answer, "prod")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "<b>bold</b>"])
def test_hostile_names_stay_text(world, rita, name):
    freeze_now("prod", name=name, reason=name, contact=name)
    window_elsewhen("prod", name=name)
    assert name not in rita.get("/calendar").html


def test_everybody_who_is_signed_in_sees_it(world, zoe):
    assert "prod" in zoe.get("/calendar").text


def test_one_query_beside_those_of_every_page(world, rita):
    for number in range(20):
        window_elsewhen("prod", hours=number + 2)
        freeze_now("dev", reason=f"Reason {number}")
    assert rita.get("/calendar").queries <= 7


def test_a_window_that_is_always_open_lists_no_midnights(world, rita):
    window_elsewhen("prod", duration=86_400, start="2026-01-05T00:00:00")
    answer = rita.get("/calendar")
    assert "Daily 00:00 for 24 h, UTC" in answer.text
    assert "Always open: each begins as the one before ends" in answer.text
    assert "00:00 UTC to" not in answer.text
    Window.objects.update(duration=86_399)
    answer = rita.get("/calendar")
    assert "Always open" not in answer.text
    assert answer.text.count("00:00 UTC to") == 5
