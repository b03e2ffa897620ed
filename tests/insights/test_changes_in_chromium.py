"""The change inbox as an administrator sees it in Chromium: light, dark, on a phone."""

import pytest

from pipelines.actions.propose import propose
from tests import people
from tests.deployments.sources import pipeline_source
from tests.deployments.world import World
from tests.insights.test_in_chromium import (
    dark_problems,
    light_problems,
    look_at,
    phone_problems,
    signed_in,
)
from tests.journeys.browsing import PHONE, chromium, window

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.timeout(300)]
GATE = {"slots": [{"group": "release-managers", "count": 1}]}


def proposals(world: World) -> list[str]:
    """The list and two changes that wait for iris, one of iris's own, and one of each that is looked at."""
    people.person("iris", roles=["administrator"])
    gate = {"name": "prod", "version": 1, "changes": {"gate": GATE, "lane": "queue", "protected": False}}
    soak = pipeline_source("payments", {"dev": {}, "staging": {}, "prod": {"soak": 3600}})
    pipeline = {"application": "payments", "source": soak, "version": 1}
    members = {"name": "release-managers", "members": ["rita", "rosa", "zoe"]}
    made = [
        propose(actor=world.actor(who), kind=kind, **request).change.pk
        for who, kind, request in (
            ("admin", "environment.update", gate),
            ("admin", "pipeline.save", pipeline),
            ("iris", "group.members", members),
        )
    ]
    return ["/changes", *(f"/changes/{pk}" for pk in made)]


def test_the_pages_of_changes_keep_the_rules_of_accessibility(transactional_db, live_server, chromium_path):
    world = World.make()
    world.succeeded("1.1.0", "staging")
    world.running()
    paths = proposals(world)
    cookie = {**signed_in("iris"), "url": live_server.url}
    with chromium(chromium_path) as browser:
        found = []
        for look, check in (
            ({"color_scheme": "light"}, light_problems),
            ({"color_scheme": "dark"}, dark_problems),
            ({"viewport": PHONE, "has_touch": True, "is_mobile": True}, phone_problems),
        ):
            made = window(browser, live_server.url, **look)
            made.context.add_cookies([cookie])
            found += look_at(made, paths, check)
            made.context.close()
    assert "\n".join(found) == ""
