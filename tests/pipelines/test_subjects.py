"""What a change is about, and which protected environments there are."""

import pytest

from pipelines.models import Environment, PipelineVersion
from pipelines.subjects import protected_places, set_up_since, subject
from tests import people
from tests.pipelines import places, protected

pytestmark = pytest.mark.django_db


def test_the_set_up_ends_with_the_first_accepted_build():
    protected.company(built=False)
    assert set_up_since() is None
    protected.accept_a_build()
    assert set_up_since() is not None


def test_the_keys_of_a_protected_environment_are_those_of_its_gate_its_stages_and_the_owners():
    protected.company(built=False)
    places.pipeline("storefront", environments=("dev", "prod"), slots={"prod": [("security", 1)]})
    places.pipeline("docs", environments=("dev",), slots={"dev": [("readers", 1)]})
    found = protected_places()
    assert set(found.keys) == {"release-managers", "payments-owners", "storefront-owners", "security"}
    assert found.stages == {
        "payments": frozenset({"prod"}),
        "storefront": frozenset({"prod"}),
        "docs": frozenset(),
    }
    assert found.tiers == {"prod": "production"}


def test_keys_of_expedited_paths_are_keys_of_the_protected_environment():
    """Who may turn one, may change what runs there: a new member takes a second person."""
    protected.company(built=False)
    prod = Environment.objects.get(pk="prod")
    prod.gate["expedited_slots"] = [{"group": "night-shift", "count": 1}]
    Environment.objects.filter(pk="prod").update(gate=prod.gate)
    version = PipelineVersion.objects.get()
    slots = [{"group": "on-call", "count": 1}]
    version.spec["expedited"] = [{"environment": "prod", "skip": ["dev"], "slots": slots}]
    PipelineVersion.objects.filter(pk=version.pk).update(spec=version.spec)
    assert set(protected_places().keys) == {
        "release-managers",
        "payments-owners",
        "night-shift",
        "on-call",
    }


def test_what_is_not_there_has_no_settings():
    people.group("keys")
    for noun in ("account", "environment", "pipeline", "window", "freeze", "person"):
        assert subject(noun, "nothing") == (None, None)
    assert subject("group", "keys") == ({"members": []}, None)


def test_a_pipeline_that_leads_into_the_account_of_a_protected_environment_reaches_it():
    protected.company(built=False)
    places.environment("side", account=places.account("prod"), rank=60)
    places.pipeline("storefront", environments=("dev", "side"))
    assert protected_places().stages["storefront"] == {"prod"}
