"""The version typed by hand in a real Chromium, on a desk and on a phone: a slip goes nowhere, a double click does one
thing."""

import re

import pytest
from playwright.sync_api import Page, expect

from approvals.models import Vote
from deployments.models import Deployment
from teams.models import Person
from tests.deployments.world import World
from tests.journeys.browsing import DESK, PHONE, Window, chromium, window
from tests.people import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.one_database,
    pytest.mark.timeout(240),
    pytest.mark.django_db(transaction=True),
]
COMMENT = "The change set is what we expected."
SAYS = "prod is protected: type the version, 1.1.0, exactly as it stands here."


@pytest.fixture
def browser(chromium_path, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright keeps a loop in this thread
    with chromium(chromium_path) as made:
        yield made


@pytest.fixture
def world():
    made = World.make()
    for one in Person.objects.filter(username__in=["rita", "dana"]):
        one.set_password(PASSWORD)
        one.save()
    return made


def person(browser, live_server, username: str, **options) -> Window:
    made = window(browser, live_server.url, **options)
    made.sign_in(username, PASSWORD)
    return made


def is_refused(page: Page) -> None:
    """The field, its error and the focus are where the eye is, and so is what it belongs to."""
    field = page.get_by_label("Type the version")
    expect(page.locator("#id_typed_version_error")).to_have_text(SAYS)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_attribute("aria-describedby", re.compile("id_typed_version_error"))
    expect(field).to_be_focused()
    expect(field).to_be_in_viewport()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_rita_types_the_version_before_her_key_turns(browser, live_server, world, viewport):
    asked = world.asked()
    rita = person(browser, live_server, "rita", viewport=viewport)
    page = rita.open(f"/approvals/{asked.approval_id}")
    page.get_by_label("Comment").fill(COMMENT)
    page.get_by_role("button", name="Approve").click()
    expect(
        page.get_by_label("Type the version")
    ).to_be_focused()  # the browser itself asks for the empty field
    assert not Vote.objects.exists()
    page.get_by_label("Type the version").fill("1.1")
    page.get_by_role("button", name="Approve").click()
    is_refused(page)
    expect(page.get_by_label("Comment")).to_have_value(COMMENT)
    assert not Vote.objects.exists()
    page.get_by_label("Type the version").fill(" 1.1.0 ")
    page.get_by_role("button", name="Approve").dblclick()
    expect(page.locator("#_answer")).to_contain_text("You approved this")
    vote = Vote.objects.get()
    assert (vote.person.username, vote.decision, vote.comment) == ("rita", "approve", COMMENT)
    assert rita.width_beyond() <= 0
    assert rita.wrong == []
    rita.context.close()


def test_who_says_no_types_nothing(browser, live_server, world):
    asked = world.asked()
    rita = person(browser, live_server, "rita")
    page = rita.open(f"/approvals/{asked.approval_id}")
    page.get_by_label("Comment").fill("The ledger is not tested.")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("main")).to_contain_text("Rejected by rita")
    assert world.fresh(asked).state == "rejected"
    rita.context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_dana_types_the_version_before_she_asks_for_prod(browser, live_server, world, scripts):
    dana = person(browser, live_server, "dana", viewport=PHONE, java_script_enabled=scripts)
    page = dana.open("/releases/payments/1.1.0?to=prod")
    page.get_by_label("Why").fill("The customers wait for it.")
    page.get_by_label("Type the version").fill("1.0.0")
    page.get_by_role("button", name="Request deployment").click()
    expect(page.locator("#id_typed_version_error")).to_have_text(SAYS)
    expect(page.get_by_label("Why")).to_have_value("The customers wait for it.")
    if scripts:
        is_refused(page)
        assert dana.width_beyond() <= 0
    assert not Deployment.objects.filter(kind="deploy").exists()
    page.get_by_label("Type the version").fill("1.1.0")
    page.get_by_role("button", name="Request deployment").dblclick()
    expect(page).to_have_url(re.compile("/deployments/dep_"))
    row = Deployment.objects.get(kind="deploy")
    assert (row.version, row.environment_id, row.reason) == ("1.1.0", "prod", "The customers wait for it.")
    assert dana.wrong == []
    dana.context.close()
