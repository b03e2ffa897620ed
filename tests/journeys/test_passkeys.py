"""Passkeys in a real Chromium with a virtual authenticator: enrolled, used to vote, never twice for one statement."""

import json
import urllib.parse

import pytest
from playwright.sync_api import expect

from approvals.actions.accept_signature import read_signed
from approvals.models import Vote
from deployments.actions.cast_vote import cast_vote
from kernel.refusals import Refusal
from teams.models import Person
from tests.deployments.world import World
from tests.journeys.browsing import PHONE, Window, chromium, window
from tests.people import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.one_database,
    pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True),
]
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def browser(chromium_path, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright keeps a loop in this thread
    with chromium(chromium_path) as made:
        yield made


@pytest.fixture
def asked(live_server, settings):
    """payments 1.1.0 waits for two people, and production asks for signed votes."""
    settings.PUBLIC_URL = live_server.url
    world = World.make(gates={"prod": {"step_up": True}})
    for one in Person.objects.filter(username__in=["rita", "omar", "rosa"]):
        one.set_password(PASSWORD)
        one.save()
    made = world.asked()
    made.world = world
    return made


def person(browser, live_server, username: str, **options) -> Window:
    made = window(browser, live_server.url, **options)
    made.sign_in(username, PASSWORD)
    return made


def plug_in(who: Window) -> tuple:
    """A virtual authenticator in this window."""
    devtools = who.context.new_cdp_session(who.page)
    devtools.send("WebAuthn.enable")
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    return devtools, made["authenticatorId"]


def enrol(who: Window) -> None:
    page = who.page
    page.goto(who.url + "/account/passkeys/add")
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it still you?")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("What do you call it?").fill("Virtual key")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your passkeys")
    expect(page.locator("main")).to_contain_text("Virtual key")


def test_a_passkey_is_enrolled_signs_a_vote_and_its_answer_is_good_only_once(browser, live_server, asked):
    path = f"/approvals/{asked.approval_id}"
    rita = person(browser, live_server, "rita")
    rita.open(path)
    expect(rita.page.locator("#_answer")).to_contain_text("This gate takes signed votes only")
    expect(rita.page.get_by_role("button", name="Approve")).to_have_count(0)
    plug_in(rita)
    enrol(rita)
    rita.open(path)
    expect(rita.page.get_by_text("A passkey needs JavaScript")).to_be_hidden()
    rita.page.get_by_label("Comment").fill("The change set is what we expected.")
    page = rita.page
    page.get_by_label("Type the version").fill("1.1")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#id_typed_version_error")).to_contain_text("type the version, 1.1.0, exactly")
    expect(page.get_by_label("Type the version")).to_be_focused()
    expect(page.get_by_label("Comment")).to_have_value("The change set is what we expected.")
    assert not Vote.objects.exists()
    page.get_by_label("Type the version").fill("1.1.0")
    with rita.page.expect_request(lambda sent: sent.method == "POST" and sent.url.endswith("/vote")) as sent:
        rita.page.get_by_role("button", name="Approve").click()
    expect(rita.page.locator("#_answer")).to_contain_text("You approved this")
    vote = Vote.objects.get()
    assert (vote.person.username, vote.decision) == ("rita", "approve")
    assert vote.signature["statement"]["approval"] == asked.approval_id
    rita.page.get_by_role("button", name="Withdraw my vote").click()
    expect(rita.page.get_by_role("button", name="Approve")).to_be_visible()
    replayed(asked, dict(urllib.parse.parse_qsl(sent.value.post_data)))
    assert rita.wrong == []
    rita.context.close()


def replayed(asked, posted: dict) -> None:
    """The same answer of the passkey, sent again after she took her vote back, is refused."""
    with pytest.raises(Refusal) as caught:
        cast_vote(
            actor=asked.world.actor("rita"),
            request_id=asked.approval_id,
            decision="approve",
            content_hash=posted["content_hash"],
            signed=read_signed(json.loads(posted["assertion"]), posted["nonce"]),
        )
    assert (caught.value.status, caught.value.code) == (401, "nonce_invalid")
    assert Vote.objects.get().withdrawn_at is not None


def test_who_has_a_passkey_signs_in_with_it_alone_and_with_the_password_only_together(
    browser, live_server, asked
):
    omar = person(browser, live_server, "omar", viewport=PHONE)
    plug_in(omar)
    enrol(omar)
    assert omar.width_beyond() == 0
    for button in ("Use a passkey", "Sign in"):
        omar.page.goto(omar.url + "/sign-out")
        omar.page.get_by_role("button", name="Sign out").click()
        omar.open("/sign-in")
        if button == "Sign in":
            omar.page.get_by_label("Username or e-mail").fill("omar")
            omar.page.get_by_label("Password", exact=True).fill(PASSWORD)
        omar.page.get_by_role("button", name=button, exact=True).click()
        if button == "Sign in":
            omar.page.get_by_role("button", name="Use my passkey").click()
        expect(omar.page.get_by_role("heading", level=1)).to_have_text("Inbox")
    assert omar.wrong == []
    omar.context.close()


def test_without_scripts_the_page_says_what_a_passkey_needs(browser, live_server, asked):
    """rosa enrolled a passkey; in this window scripts are off."""
    rosa = person(browser, live_server, "rosa")
    plug_in(rosa)
    enrol(rosa)
    state = rosa.context.storage_state()
    rosa.context.close()
    quiet = window(browser, live_server.url, java_script_enabled=False, storage_state=state)
    page = quiet.open(f"/approvals/{asked.approval_id}")
    expect(page.locator("main")).to_contain_text("A passkey needs JavaScript")
    page.get_by_label("Type the version").fill("1.1.0")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("main")).to_contain_text("This gate asks you to confirm with your security key")
    assert not Vote.objects.exists()
    quiet.context.close()
