"""An account whose role opens without the external id is kept away from what is protected."""

import pytest

from pipelines.models import Environment
from tests.pipelines import places
from tests.pipelines.test_api import ENVIRONMENT
from tests.teams.callers import as_administrator, problem

pytestmark = pytest.mark.django_db


def test_an_account_that_opens_without_the_external_id_takes_no_protected_environment():
    places.account("prod", test_result={"checks": [{"name": "external_id_required", "state": "fail"}]})
    admin = as_administrator()
    answer = problem(admin.post("/environments", {**ENVIRONMENT, "gate": {}}))
    assert answer == (422, "account_unproved", ["/account"])
    assert not Environment.objects.exists()
    assert admin.post("/environments", {**ENVIRONMENT, "gate": {}, "protected": False}).status_code == 201
