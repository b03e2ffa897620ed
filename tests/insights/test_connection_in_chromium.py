"""What a page that follows something does when the server is gone: it says so, and asks again until it is back."""

import re

import pytest
from playwright.sync_api import expect

from tests.deployments.world import World
from tests.insights.test_in_chromium import signed_in
from tests.journeys.browsing import chromium, window

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.timeout(300)]
GONE = ("Failed to load resource", "htmx", "net::")


def test_a_lost_connection_is_said_and_what_was_missed_is_fetched(
    transactional_db, live_server, chromium_path
):
    world = World.make()
    deployment = world.running()
    cookie = {**signed_in("dana"), "url": live_server.url}
    with chromium(chromium_path) as browser:
        made = window(browser, live_server.url)
        made.context.add_cookies([cookie])
        page = made.open(f"/deployments/{deployment.pk}")
        badge, asked = page.locator("#offline"), []
        page.on("request", lambda request: asked.append(request.url))
        expect(badge).to_be_hidden()
        made.context.set_offline(True)
        expect(badge).to_be_visible()
        expect(badge).to_have_text(re.compile(r"Not updated since \d\d:\d\d\s*Retry"))
        before = len(asked)
        made.context.set_offline(False)
        expect(badge).to_be_hidden()
        assert any(f"/deployments/{deployment.pk}" in url for url in asked[before:])
        wrong = [line for line in made.wrong if not any(word in line for word in GONE)]
        made.context.close()
    assert wrong == []
