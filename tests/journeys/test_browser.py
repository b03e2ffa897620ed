"""The main journey in a real Chromium, against the demo as a newcomer starts it."""

import re
import urllib.parse
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.demo.running import Demo
from tests.journeys import proof
from tests.journeys.browsing import PHONE, Window, chromium, window
from tests.journeys.wire import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
    pytest.mark.one_database,
    pytest.mark.timeout(240),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Iterator[Demo]:
    made = Demo(tmp_path_factory.mktemp("browser") / "data")
    yield made
    made.kill()


@pytest.fixture(scope="module")
def browser(chromium_path) -> Iterator[Browser]:
    with chromium(chromium_path) as made:
        yield made


def person(browser: Browser, demo: Demo, username: str, **options) -> Window:
    made = window(browser, demo.url, **options)
    made.sign_in(username, demo.said["users"][username]["password"])
    return made


def waiting(demo: Demo, application: str) -> dict:
    """The deployment of 1.1.0 to prod that the seed left for two people."""
    dana = demo.person("dana")
    rows = dana.get("/deployments", application=application, environment="prod")["items"]
    row = next(row for row in rows if row["version"] == "1.1.0")
    return dana.get(f"/deployments/{row['id']}")


def test_nobody_sees_a_page_without_signing_in(browser, demo):
    nobody = window(browser, demo.url)
    for path in ("/inbox", "/board", "/audit", f"/approvals/{waiting(demo, 'payments')['approval']['id']}"):
        nobody.open(path)
        expect(nobody.page.get_by_role("heading", level=1)).to_have_text("Sign in to Release Gate")
    assert nobody.wrong == []
    nobody.context.close()


def test_the_demo_says_on_every_page_that_it_is_one(browser, demo):
    rita = person(browser, demo, "rita")
    for path in ("/inbox", "/board", "/calendar", "/releases", "/audit"):
        strip = rita.open(path).locator(".strip").filter(has_text=re.compile("demo", re.IGNORECASE))
        expect(strip).to_be_visible()
    rita.context.close()


def test_two_people_approve_in_their_windows_and_the_page_follows_it_to_the_end(browser, demo, tmp_path):
    """rita and omar turn the keys, dana is refused, the board moves, aude takes the proof away."""
    row = waiting(demo, "payments")
    approval, deployment = f"/approvals/{row['approval']['id']}", f"/deployments/{row['id']}"
    rita, omar, dana, aude = (person(browser, demo, name) for name in ("rita", "omar", "dana", "aude"))
    rita.page.get_by_role("link", name="Review payments 1.1.0 to prod").click()
    expect(rita.page).to_have_url(demo.url + approval)
    expect(rita.page.locator("h1")).to_contain_text("Approve payments 1.1.0 to prod")
    the_requester_is_refused(dana, demo, row)
    follower = person(browser, demo, "dana")
    follower.open(deployment)
    rita.page.get_by_label("Comment").fill("The change set is what we expected.")
    rita.page.get_by_label("Type the version").fill("1.1.0")
    rita.page.get_by_role("button", name="Approve").click()
    expect(rita.page.locator("#_answer")).to_contain_text("You approved this")
    expect(rita.page.get_by_role("button", name="Withdraw my vote")).to_be_visible()
    omar.open(approval)
    expect(omar.page.locator("#_answer")).not_to_contain_text("You cannot decide this")
    omar.page.get_by_label("Type the version").fill("1.1.0")
    omar.page.get_by_role("button", name="Approve").click()
    the_page_moves_by_itself(follower, omar)
    expect(omar.open("/board").locator("main")).to_contain_text("1.1.0")
    lane = omar.page.locator(".cell").filter(has=omar.page.locator(f'a[href="{deployment}"]'))
    expect(lane.locator(".cell-version").first).to_have_text("1.1.0")
    expect(rita.open("/inbox").locator("main")).not_to_contain_text("Review payments 1.1.0 to prod")
    the_auditor_takes_it_away(aude, row["id"], tmp_path)
    for one in (rita, omar, follower, aude):
        assert one.wrong == []
        one.context.close()


def the_requester_is_refused(dana: Window, demo: Demo, row: dict) -> None:
    """The reason stands where the button would be; a vote sent past the page is answered with it, too."""
    approval = f"/approvals/{row['approval']['id']}"
    page = dana.open(approval)
    answer = page.locator("#_answer [data-code]")
    expect(answer).to_have_attribute("data-code", "separation_of_duties")
    expect(answer).to_contain_text("You asked for this deployment")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    assert dana.wrong == []
    with page.expect_navigation() as reached:
        page.evaluate(
            """([action, hash]) => {
              const form = document.createElement("form");
              form.method = "post"; form.action = action;
              const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
              const fields = {csrfmiddlewaretoken: token, decision: "approve", content_hash: hash};
              for (const [name, value] of Object.entries(fields)) {
                const input = document.createElement("input");
                input.name = name; input.value = value; form.append(input);
              }
              document.body.append(form); form.submit();
            }""",
            [f"{approval}/vote", row["approval"]["content_hash"]],
        )
    assert reached.value.url == demo.url + approval, "a refused form leads back to the page it came from"
    expect(page.locator("main")).to_contain_text("You asked for this deployment")
    votes = demo.person("rita").get(f"/approvals/{row['approval']['id']}")["votes"]
    assert [vote for vote in votes if vote["by"] == "dana"] == []
    dana.context.close()


def the_page_moves_by_itself(follower: Window, omar: Window) -> None:
    """From "needs approval" to "Deployed" without a reload, every step done."""
    state = follower.page.locator(".deployment-state")
    expect(state).to_contain_text("Deployed", timeout=30_000)
    steps = follower.page.locator("li.step")
    expect(steps.filter(has_text="Apply")).to_have_attribute("data-state", "done")
    assert {step.get_attribute("data-state") for step in steps.all()} == {"done"}
    assert follower.page.evaluate("performance.getEntriesByType('navigation')[0].type") == "navigate"
    omar.page.get_by_role("link", name="Follow the deployment").first.click()
    expect(omar.page.locator(".deployment-state")).to_contain_text("Deployed", timeout=30_000)


def the_auditor_takes_it_away(aude: Window, deployment: str, folder) -> None:
    """CSV and bundle by the page's own buttons; the verifier says OK."""
    page = aude.open("/audit")
    expect(page.locator("main")).to_contain_text("vote.cast")
    links = {one.get_attribute("href"): one for one in page.locator(".audit-export a").all()}
    history = next(link for path, link in links.items() if "deployments.csv" in path)
    with page.expect_download() as got:
        history.click()
    text = got.value.path().read_text()
    line = next(line for line in text.splitlines() if line.startswith(deployment))
    assert "payments" in line and "rita" in line and "omar" in line
    until(lambda: sealed(aude), what="the end is sealed")
    bundle = next(path for path in links if path.split("?")[0].endswith("/audit/bundle"))
    page.goto(aude.url + "/audit")
    with page.expect_download() as got:
        page.locator(f'.audit-export a[href="{bundle}"]').click()
    key = aude.context.request.get(aude.url + "/api/v1/audit/key").text()
    checked = proof.verify(folder, got.value.path().read_bytes(), key)
    assert (checked.returncode, checked.stdout[:2]) == (0, "OK"), checked.stderr


def sealed(aude: Window) -> bool:
    kind = urllib.parse.urlencode({"kind": "deployment.succeeded", "limit": 1})
    items = aude.context.request.get(f"{aude.url}/api/v1/audit/events?{kind}").json()["items"]
    return bool(items) and items[0]["leaf_index"] is not None


def test_the_same_vote_without_javascript(browser, demo):
    """The pages are forms and links; scripts only make them quicker."""
    row = waiting(demo, "storefront")
    for username, said in (("rita", "You approved this"), ("omar", "You approved this")):
        one = person(browser, demo, username, java_script_enabled=False)
        page = one.open(f"/approvals/{row['approval']['id']}")
        page.get_by_label("Comment").fill("Seen in staging by all of us.")
        page.get_by_label("Type the version").fill("1.1.0")
        page.get_by_role("button", name="Approve").click()
        expect(page.locator("main")).to_contain_text(re.compile(f"{said}|was decided|This is closed"))
        one.context.close()
    ended = until(lambda: (now := waiting(demo, "storefront"))["ended_at"] and now, what="it ends")
    assert ended["state"] == "succeeded"
    rita = person(browser, demo, "rita", java_script_enabled=False)
    expect(rita.open(f"/deployments/{row['id']}").locator(".deployment-state")).to_contain_text("Deployed")
    votes = demo.person("rita").get(f"/approvals/{row['approval']['id']}")["votes"]
    assert [(vote["by"], vote["method"]) for vote in votes] == [("rita", "session"), ("omar", "session")]
    rita.context.close()


@pytest.mark.parametrize(
    "look", [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"viewport": PHONE}], ids=str
)
def test_every_page_is_free_of_violations_and_errors(browser, demo, look):
    """Light, dark, and 360 pixels wide, where nothing scrolls sideways."""
    row = waiting(demo, "payments")
    rita = person(browser, demo, "rita", **look)
    pages = ["/inbox", "/board", "/calendar", "/audit", "/releases", "/releases/payments/1.1.0"]
    pages += ["/releases/storefront/1.1.0?to=prod-eu", f"/deployments/{row['id']}", "/api/docs"]
    pages += [f"/approvals/{row['approval']['id']}", "/audit?kind=vote.cast"]
    for path in pages:
        page = rita.open(path)
        page.wait_for_load_state("load")
        expect(page.locator("main h1, h1").first).to_be_visible()
        if "viewport" in look and path != "/api/docs":
            assert rita.width_beyond() <= 0, path
    assert rita.wrong == []
    rita.context.close()
