"""Policy weakened, deployed, policy restored: it takes two people, voids what was approved, and stays on record."""

import pytest

from pipelines.actions.confirm_change import confirm_change
from pipelines.models import Environment
from tests import people
from tests.teams.callers import Caller, as_person

pytestmark = pytest.mark.django_db
ONE_KEY = {"slots": [{"group": "release-managers", "count": 1}]}


@pytest.fixture
def admin(world) -> Caller:
    people.person("iris", roles=["administrator"])
    return as_person("admin")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/environments/prod", {"gate": ONE_KEY}),
        ("/environments/prod", {"gate": {}}),
        ("/environments/prod", {"protected": False}),
        ("/environments/prod", {"protected": False, "gate": {}}),
    ],
)
def test_alone_nobody_weakens_it_and_nothing_starts(world, admin, path, body):
    asked = world.asked()
    world.vote(asked, "rita")
    version = Environment.objects.get(pk="prod").version
    answer = admin.patch(path, {"version": version, **body})
    assert answer.status_code == 202
    assert world.start(asked).state != "running"
    row = Environment.objects.get(pk="prod")
    assert (row.protected, len(row.gate["slots"]), row.version) == (True, 2, version)


def test_weakened_by_two_it_voids_the_votes_and_both_steps_stay_in_the_log(world, admin):
    asked = world.asked()
    world.vote(asked, "rita")
    before = Environment.objects.get(pk="prod")
    weaken = admin.patch("/environments/prod", {"version": before.version, "gate": ONE_KEY}).json()["change"]
    confirm_change(actor=world.actor("iris"), change_id=weaken["id"])
    assert world.start(asked).state != "running", "rita's word was given under the old gate"
    gate = {name: before.gate[name] for name in ("slots", "exclude")}
    restore = admin.patch("/environments/prod", {"version": before.version + 1, "gate": gate}).json()[
        "change"
    ]
    confirm_change(actor=world.actor("iris"), change_id=restore["id"])
    assert Environment.objects.get(pk="prod").gate_version == before.gate_version + 2
    found = as_person("aude").get("/audit/events?kind=config.changed&environment=prod").json()["items"]
    named = [event["subject"] for event in found if event["subject"].startswith("change:")]
    assert named == [f"change:{restore['id']}", f"change:{weaken['id']}"]


def test_an_open_place_beside_prod_in_its_account_takes_two_people(world, admin):
    prod = Environment.objects.get(pk="prod")
    open_place = {"name": "side", "account": prod.account.account_id, "region": prod.region, "rank": 60}
    assert admin.post("/environments", open_place).status_code == 202
    assert not Environment.objects.filter(pk="side").exists()
    dev = Environment.objects.get(pk="dev")
    moved = {"version": dev.version, "account": prod.account.account_id}
    assert admin.patch("/environments/dev", moved).status_code == 202
