"""S13 as people use it at night, without JavaScript: the form, the strip for everybody, the review."""

import re
from datetime import timedelta

from deployments.models import BreakGlass, Deployment
from kernel.clock import now
from pipelines.models import Environment
from tests.deployments.broken import WHY, broken, let_through
from tests.insights.browser import Browser
from tests.teams.callers import as_person

PATH = "/break-glass?application=payments&version=1.1.0&environment=prod"
OPEN = "/break-glass/open"


def strips(answer) -> list[str]:
    return re.findall(r'class="strip" data-kind="(\w+)"', answer.html)


def filled(answer, **more) -> dict:
    fields = {**answer.form(OPEN), "skip": ["order", "standards", "people", "window"], "hours": "1"}
    return {**fields, "reason": WHY, "incident": "INC-7", "confirmation": "prod", **more}


def test_the_page_lists_exactly_which_gates_will_be_skipped_and_what_they_say(world, rita):
    world.asked()
    answer = rita.get(PATH)
    assert "These gates will be skipped if they would stop it" in answer.text
    assert re.findall(r'name="skip" value="(\w+)" checked', answer.html) == [
        "order",
        "standards",
        "people",
        "window",
    ]
    assert "The key of payments-owners is still open" in answer.text
    assert "Break glass and deploy to prod" in answer.text


def test_the_environment_is_typed_again_and_what_was_typed_is_kept(world, rita):
    response = rita.post(OPEN, **filled(rita.get(PATH), confirmation="staging"))
    assert response.status_code == 303
    assert not BreakGlass.objects.exists()
    again = rita.get(response["Location"])
    assert "Type prod to confirm." in again.text
    assert again.form(OPEN)["reason"] == WHY


def test_the_glass_is_broken_by_a_plain_form_and_everybody_sees_it(world, rita, dana, zoe):
    response = rita.post(OPEN, **filled(rita.get(PATH)))
    row = Deployment.objects.get(break_glass=True)
    assert response["Location"] == f"/deployments/{row.pk}"
    for person in (dana, zoe):
        assert strips(person.get("/calendar"))[0] == "break_glass"
        assert "Break-glass: payments in prod is active." in person.get("/calendar").text
    review = BreakGlass.objects.get().pk
    assert f"/break-glass/{review}" in dana.get("/calendar").links()
    assert f"/break-glass/{review}" not in zoe.get("/calendar").links()
    assert "break-glass" in rita.get(f"/deployments/{row.pk}").text


def test_a_hotfix_goes_out_at_night_and_a_third_person_reviews_it(world, omar):
    """Step 10 of the acceptance story: the API, the engine, the strip, the review."""
    world.release("1.1.1")
    body = {
        "application": "payments",
        "version": "1.1.1",
        "environment": "prod",
        "reason": WHY,
        "incident": "INC-7",
    }
    asked = as_person("rita").post("/break-glass", body).json()
    row = BreakGlass.objects.get(pk=asked["review"]["id"])
    let_through(world, row)
    done = as_person("dana").get(f"/deployments/{asked['id']}").json()
    assert (done["state"], done["break_glass"]) == ("succeeded", True)
    skipped = [check["name"] for check in done["checks"] if check["state"] == "skipped"]
    assert skipped == ["order", "people"]
    rita, dana = Browser("rita"), Browser("dana")
    assert strips(dana.get("/board"))[0] == "break_glass"
    assert "not reviewed yet" in dana.get("/board").text
    assert "break-glass" in dana.get("/board").html.split('id="_board"')[-1]

    path, act = f"/break-glass/{row.pk}", f"/break-glass/{row.pk}/review"
    assert path not in rita.get("/inbox").html.split('id="_list"')[1]
    assert not rita.get(path).has_form(act)
    assert path in omar.get("/inbox").html.split('id="_list"')[1]
    fields = omar.get(path).form(act)
    assert omar.post(act, **{**fields, "finding": "It was right."}).status_code == 303
    assert "It was right." in rita.get(path).text
    assert "break_glass" not in strips(dana.get("/board"))
    assert " break-glass" in dana.get("/board").text, "marked for ever"


def test_whoever_may_not_is_told_and_gets_no_form(world, dana):
    assert not dana.get(PATH).has_form(OPEN)
    assert "Release managers break the glass." in dana.get(PATH).text
    dana.get("/break-glass?application=payments&version=9.9.9&environment=prod", status=404)
    Browser("zoe").get(PATH, status=404)


def test_the_way_there_is_shown_to_those_who_may(world, rita, dana):
    row = world.asked()
    link = "/break-glass?application=payments&version=1.1.0&environment=prod"
    for path in (f"/deployments/{row.pk}", "/releases/payments/1.1.0?to=prod"):
        assert link in rita.get(path).links()
        assert link not in dana.get(path).links()
    assert rita.get(link).has_form(OPEN)


def test_a_second_person_confirms_on_the_page(world, rita):
    Environment.objects.filter(pk="prod").update(break_glass=2)
    row = broken(world)
    act = f"/break-glass/{row.pk}/confirm"
    assert not rita.get(f"/break-glass/{row.pk}").has_form(act)
    rosa = Browser("rosa")
    assert f"/break-glass/{row.pk}" in rosa.get("/inbox").links()
    assert rosa.post(act, **rosa.get(f"/break-glass/{row.pk}").form(act)).status_code == 303
    assert BreakGlass.objects.get(pk=row.pk).confirmed_by.username == "rosa"


def test_what_has_started_cannot_be_let_past_anything(world, rita):
    world.running()
    answer = rita.get(PATH)
    assert not answer.has_form(OPEN)
    assert "It has started already" in answer.text


def test_an_overdue_review_is_called_overdue(world, omar):
    row = broken(world)
    let_through(world, row)
    BreakGlass.objects.filter(pk=row.pk).update(due_at=now() - timedelta(days=1))
    assert "overdue" in omar.get(f"/break-glass/{row.pk}").text


def test_without_a_release_the_page_asks_for_one_and_says_what_was_before(world, rita):
    answer = rita.get("/break-glass")
    assert "Never used." in answer.text and "No drill was held yet." in answer.text
    assert answer.queries <= 10
