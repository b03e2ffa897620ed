"""Every page in a real Chromium, in every state: rules of accessibility, the console, the policy, the layout.

All rows are made before the browser starts: Playwright's loop and Django's database do not share a thread.
"""

from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from deployments.models import Deployment, DeploymentLog
from kernel.clock import now
from teams.models import Person
from tests.deployments.world import World
from tests.insights.calendar_rows import freeze_now
from tests.insights.every_state import addresses, ready
from tests.journeys.browsing import PHONE, chromium, window

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.timeout(300)]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EXPECTED = "Failed to load resource: the server responded with a status of 404"
NAMES_AND_ORDER = [
    "label",
    "select-name",
    "link-name",
    "button-name",
    "heading-order",
    "landmark-unique",
    "list",
]
TARGET = 44  # pixels: what a thumb needs on the buttons that decide
SMALL = """
(least) => [...document.querySelectorAll(".shell-nav a, .shell-tools summary, .decision-answers .button, .inbox-act a")]
  .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < least || box.width < least))
  .map(([text, box]) => `${text}: ${box.width}x${box.height}`)
"""
# Lines scrolled out of the log lie, for axe, over what stands above it.
LOG_AT_ITS_START = "document.querySelector('[data-log]')?.scrollTo(0, 0)"
UNSEEN_FOCUS = """
() => {
  const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")];
  const shown = all.filter((one) => one.checkVisibility() && one.getBoundingClientRect().width);
  return shown.filter((one) => {
    one.focus({ focusVisible: true });
    const style = getComputedStyle(one);
    return document.activeElement === one && (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2);
  }).map((one) => one.outerHTML.slice(0, 120));
}
"""


def signed_in(username: str) -> dict:
    """The session cookie of that person."""
    client = Client()
    client.force_login(Person.objects.get(username=username))
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value}


def rules_broken(page, rules: list[str]) -> list[str]:
    """What axe found, one line each."""
    kind = "tag" if rules == TAGS else "rule"
    # preload copies the style sheets into the page, which our policy refuses and says on the console
    options = {"resultTypes": ["violations"], "runOnly": {"type": kind, "values": rules}, "preload": False}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:160]} {why(rule['nodes'][0])}" for rule in found]


def why(node: dict) -> str:
    return "; ".join(check["message"] for check in node["any"] + node["all"] + node["none"])


def look_at(made, paths: list[str], check) -> list[str]:
    """`check(page)` on each page; its lines, and whatever went to the console, each with the page."""
    found = []
    for path in paths:
        made.page.goto(made.url + path)
        made.page.wait_for_load_state("load")
        made.page.evaluate(LOG_AT_ITS_START)
        found += [f"{path}: {line}" for line in check(made.page)]
        found += [f"{path}: {line}" for line in made.wrong if not line.startswith(EXPECTED)]
        made.wrong.clear()
    return found


def test_every_page_keeps_the_rules_of_accessibility_and_the_console_stays_empty(
    transactional_db, live_server, chromium_path
):
    """Light: every rule and the ring of focus. Dark: contrast. A phone: names, targets, nothing wider than it."""
    every, one_of_each = addresses(World.make())
    cookie = {**signed_in("rita"), "url": live_server.url}
    with chromium(chromium_path) as browser:
        found = []
        for look, paths, check in (
            ({"color_scheme": "light"}, one_of_each, light_problems),
            ({"color_scheme": "light"}, [path for path in every if path not in one_of_each], quick_problems),
            ({"color_scheme": "dark"}, one_of_each, dark_problems),
            ({"viewport": PHONE, "has_touch": True, "is_mobile": True}, one_of_each, phone_problems),
        ):
            made = window(browser, live_server.url, **look)
            made.context.add_cookies([cookie])
            found += look_at(made, paths, check)
            made.context.close()
    assert "\n".join(found) == ""


def light_problems(page) -> list[str]:
    return rules_broken(page, TAGS) + page.evaluate(UNSEEN_FOCUS)


def quick_problems(page) -> list[str]:
    """What a state can break on a page whose kind was looked at whole."""
    return rules_broken(page, NAMES_AND_ORDER)


def dark_problems(page) -> list[str]:
    return rules_broken(page, ["color-contrast"])


def wider_than_the_window(page) -> list[str]:
    beyond = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [f"wider than the window by {beyond} pixels"] if beyond > 0 else []


def phone_problems(page) -> list[str]:
    beyond = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    wide = [f"wider than the phone by {beyond} pixels"] if beyond > 0 else []
    return (
        wide + rules_broken(page, ["target-size", "link-name", "button-name"]) + page.evaluate(SMALL, TARGET)
    )


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    (
        "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=alert() )//</stYle/</titLe/</teXtarEa/"
        "</scRipt/--!><sVg/oNloAd=alert()//>"
    ),
    "{{ 7*7 }}{% debug %}",
    "\u202egnp.exe\u2066 " + "a" * 400,
    "xy" * 450,
]


def hostile_release(world, number: int, text: str) -> str:
    """A build that says `text` in every field that takes words; a branch and an e-mail address refuse it."""
    commit = {"sha": "c" * 40, "author": text[:200], "message": text, "ticket": text[:60]}
    run = {"provider": text[:40], "id": text[:100], "attempt": 1, "url": "https://ci.example/1"}
    return ready(world, number, run=run, commits=[commit])


def hostile_rows(world) -> list[str]:
    """What each hostile text reached, as pages."""
    paths = ["/inbox", "/board", "/releases", "/audit"]
    for number, text in enumerate(HOSTILE, start=2):
        version = hostile_release(world, number, text)
        row = world.asked(version, reason=text)
        changes = [{"action": text, "logical_id": text, "type": text, "replacement": "True"}]
        Deployment.objects.filter(pk=row.pk).update(plan_changes=changes)
        DeploymentLog.objects.filter(deployment=row).delete()
        DeploymentLog.objects.create(deployment=row, offset=0, text=text, at=now())
        world.vote(row, "omar", "reject" if number % 2 else "approve", text.ljust(10, "."))
        paths += [
            f"/releases/payments/{version}?to=prod",
            f"/approvals/{row.approval_id}",
            f"/deployments/{row.pk}",
        ]
    freeze_now("prod", reason=HOSTILE[1] + "y" * 300, name=HOSTILE[0], contact=HOSTILE[1])
    return [*paths, "/calendar", f"/board?application={quote(HOSTILE[1])}&at={quote(HOSTILE[0])}"]


def test_hostile_text_in_every_field_opens_no_dialog_and_breaks_no_layout(
    transactional_db, live_server, chromium_path
):
    """On a phone, where there is least room; twice as telling, because the policy would say what it stopped."""
    paths, cookie = hostile_rows(World.make()), {**signed_in("rita"), "url": live_server.url}
    dialogs = []
    with chromium(chromium_path) as browser:
        made = window(browser, live_server.url, viewport=PHONE)
        made.context.add_cookies([cookie])
        made.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        found = look_at(made, paths, wider_than_the_window)
    assert dialogs == []
    assert "\n".join(found) == ""


def test_without_javascript_one_filters_pages_votes_and_takes_the_log_away(
    transactional_db, live_server, chromium_path
):
    world = World.make()
    row = world.asked()
    cookies = {name: [{**signed_in(name), "url": live_server.url}] for name in ("rita", "aude")}
    with chromium(chromium_path) as browser:
        rita = window(browser, live_server.url, java_script_enabled=False)
        rita.context.add_cookies(cookies["rita"])
        page = rita.open("/board")
        page.get_by_label("Application").fill("no such thing")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("main")).to_contain_text("No application matches")
        page.get_by_role("link", name="Clear").click()
        expect(page.locator("main")).to_contain_text("payments")
        page.locator("summary[aria-label^='Times are in']").click()
        page.get_by_label("Time zone").fill("Asia/Tokyo")
        page.get_by_role("button", name="Use this zone").click()
        page = rita.open(f"/approvals/{row.approval_id}")
        expect(page.locator("main")).to_contain_text("JST")
        page.get_by_label("Comment").fill("The change set is what we expected.")
        page.get_by_label("Type the version").fill("1.1.0")
        page.get_by_role("button", name="Approve").click()
        expect(page.locator("main")).to_contain_text("You approved this")
        page.get_by_role("button", name="Withdraw my vote").click()
        expect(page.get_by_role("button", name="Approve")).to_be_visible()
        aude = window(browser, live_server.url, java_script_enabled=False)
        aude.context.add_cookies(cookies["aude"])
        page = aude.open("/audit")
        page.get_by_label("Kind").fill("approval.opened")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("tbody tr")).to_have_count(1)
        with page.expect_download() as got:
            page.get_by_role("link", name="Download Deployments, CSV").click()
        assert row.pk in got.value.path().read_text()
