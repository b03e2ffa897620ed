"""Accounts, environments and pipelines over HTTP: the answers, who may, and what is refused."""

import pytest

from pipelines.models import Account, Environment, PipelineVersion
from tests import people
from tests.pipelines import places
from tests.teams.callers import Caller, as_administrator, as_application, as_person, problem

pytestmark = pytest.mark.django_db
ACCOUNT = {
    "account_id": "333333333333",
    "alias": "prod",
    "partition": "aws",
    "regions": ["eu-west-1"],
    "deploy_role_arn": "arn:aws:iam::333333333333:role/deploy",
    "observe_role_arn": "",
    "pool": "main",
}
ENVIRONMENT = {
    "name": "prod",
    "account": "333333333333",
    "region": "eu-west-1",
    "rank": 30,
    "protected": True,
    "default_open": True,
    "gate": {
        "slots": [{"group": "keys", "count": 1}, {"group": "@owners", "count": 1}],
        "exclude": ["requester", "submitter", "author", "pipeline_editor"],
        "expires_in": 3600,
        "valid_for": 7200,
        "step_up": False,
        "comment": "required",
        "unknown_authors": "block",
        "escalation": None,
    },
    "lane": "queue",
    "previews": False,
    "break_glass": 1,
    "overdue_review": "warn",
}


def test_places_are_set_up_through_the_api_alone():
    people.person("rita", groups=["keys"])
    people.person("omar", groups=["payments-owners"])
    people.application("payments")
    admin = as_administrator()
    made = admin.post("/accounts", ACCOUNT)
    assert made.status_code == 201
    body = made.json()
    assert {key: body[key] for key in ACCOUNT} == ACCOUNT
    assert body["external_id"] == Account.objects.get().external_id
    assert (body["test"], body["tested_at"], body["version"]) == (None, None, 1)
    made = admin.post("/environments", ENVIRONMENT)
    assert made.status_code == 201
    body = made.json()
    assert {
        **ENVIRONMENT,
        "gate": {**ENVIRONMENT["gate"], "exclude": sorted(ENVIRONMENT["gate"]["exclude"])},
    } == {key: body[key] for key in ENVIRONMENT}
    assert (body["version"], body["gate_version"]) == (1, 1)
    saved = admin.put("/pipelines/payments", {"source": places.source(environments=("prod",))})
    assert saved.status_code == 200
    assert (saved.json()["version"], saved.json()["stages"][0]["environment"]) == (1, "prod")


def test_whoever_manages_accounts_reads_the_external_id_and_others_do_not():
    places.account("dev")
    places.account("prod")
    items = as_administrator().get("/accounts").json()["items"]
    assert {item["external_id"] for item in items} == {"external-dev", "external-prod"}
    for role in ("auditor", "release_manager"):
        answer = as_person(role.replace("_", "-"), roles=[role]).get("/accounts")
        assert len(answer.json()["items"]) == 2
        assert "external" not in answer.content.decode()
    assert problem(as_person("dana").get("/accounts"))[:2] == (403, "forbidden")
    assert problem(as_application("payments").get("/accounts"))[:2] == (403, "forbidden")


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"deploy_role_arn": "arn:aws:iam::111111111111:role/x"}, "arn_account_mismatch", "/deploy_role_arn"),
        ({"deploy_role_arn": "arn:aws:iam::333333333333:user/x"}, "arn_invalid", "/deploy_role_arn"),
        ({"deploy_role_arn": "arn:aws:iam::*:role/x"}, "arn_invalid", "/deploy_role_arn"),
        ({"account_id": "12"}, "account_id_invalid", "/account_id"),
        ({"account_id": 333333333333}, "not_a_string", "/account_id"),
        ({"regions": "eu-west-1"}, "not_a_list", "/regions"),
        ({"external_id": "mine"}, "unknown_field", "/external_id"),
    ],
)
def test_a_wrong_account_is_422_and_none_is_made(change, code, pointer):
    assert problem(as_administrator().post("/accounts", {**ACCOUNT, **change})) == (422, code, [pointer])
    assert not Account.objects.exists()


def test_a_second_account_of_the_same_number_is_409():
    admin = as_administrator()
    admin.post("/accounts", ACCOUNT)
    assert problem(admin.post("/accounts", {**ACCOUNT, "alias": "other"}))[:2] == (409, "already_exists")


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"gate": {"slots": [{"group": "keys", "size": 1}]}}, "unknown_field", "/gate/slots/0/size"),
        ({"gate": {"slots": [{"count": 1}]}}, "required", "/gate/slots/0/group"),
        ({"gate": {"slots": [{"group": "keys", "count": "1"}]}}, "not_an_integer", "/gate/slots/0/count"),
        ({"gate": {"slots": "keys"}}, "not_a_list", "/gate/slots"),
        ({"gate": {"expedited_slots": []}}, "slots_invalid", "/gate/expedited_slots"),
        (
            {"gate": {"expedited_slots": [{"group": "keys", "count": 9}]}},
            "gate_unsatisfiable",
            "/gate/expedited_slots",
        ),
        ({"gate": []}, "not_an_object", "/gate"),
        ({"gate": {"auto_approve": True}}, "unknown_field", "/gate/auto_approve"),
        ({"gate": {"expires_in": 0}}, "seconds_invalid", "/gate/expires_in"),
        ({"gate": {"slots": [{"group": "keys", "count": 9}]}}, "gate_unsatisfiable", "/gate/slots"),
        ({"rank": "30"}, "not_an_integer", "/rank"),
        ({"protected": "yes"}, "not_a_boolean", "/protected"),
        ({"colour": "red"}, "unknown_field", "/colour"),
        ({"account": "nowhere"}, "account_unknown", "/account"),
    ],
)
def test_a_wrong_environment_is_422_and_none_is_made(change, code, pointer):
    places.account("prod")
    people.person("rita", groups=["keys"])
    answer = problem(as_administrator().post("/environments", {**ENVIRONMENT, "gate": {}, **change}))
    assert answer == (422, code, [pointer])
    assert not Environment.objects.exists()


def test_everybody_who_is_signed_in_reads_environments_in_the_order_of_promotion():
    for name in ("prod", "dev", "staging"):
        places.environment(name)
    for caller in (as_person("dana"), as_application("payments")):
        items = caller.get("/environments").json()["items"]
        assert [item["name"] for item in items] == ["dev", "staging", "prod"]
        assert caller.get("/environments/dev").json() == items[0]
        assert problem(caller.get("/environments/nowhere"))[:2] == (404, "not_found")
    assert problem(Caller().get("/environments"))[:2] == (401, "not_authenticated")


def test_an_environment_is_changed_of_the_version_that_was_read():
    places.environment("prod")
    admin = as_administrator()
    answer = admin.patch("/environments/prod", {"version": 1, "lane": "reject"})
    assert (answer.status_code, answer.json()["lane"], answer.json()["version"]) == (200, "reject", 2)
    stale = admin.patch("/environments/prod", {"version": 1, "lane": "queue"})
    assert problem(stale)[:2] == (409, "version_conflict")
    assert stale.json()["version"] == 2
    assert problem(admin.patch("/environments/prod", {"lane": "queue"})) == (422, "required", ["/version"])
    assert Environment.objects.get().lane == "reject"


@pytest.mark.parametrize(
    ("method", "path", "body", "permission"),
    [
        ("post", "/accounts", ACCOUNT, "account.manage"),
        ("post", "/accounts/333333333333/test", None, "account.manage"),
        ("post", "/environments", {**ENVIRONMENT, "gate": {}}, "environment.manage"),
        ("patch", "/environments/dev", {"version": 1, "rank": 5}, "environment.manage"),
        ("put", "/pipelines/payments", {"source": "x"}, "pipeline.manage"),
        ("post", "/pipelines/payments/validate", {"source": "x"}, "pipeline.manage"),
    ],
)
@pytest.mark.parametrize("role", [[], ["auditor"], ["release_manager"]])
def test_nobody_but_administrators_changes_places(method, path, body, permission, role):
    places.environment("dev")
    people.application("payments")
    caller = as_person("dana", roles=role, teams=["payments"])
    for refused in (
        getattr(caller, method)(path, body),
        getattr(as_application("payments"), method)(path, body),
    ):
        assert problem(refused)[:2] == (403, "forbidden")
        assert refused.json()["missing_permission"] == permission
    assert list(Environment.objects.values_list("name", "rank")) == [("dev", 10)]
    assert Account.objects.count() == 1
    assert not PipelineVersion.objects.exists()


@pytest.fixture
def payments():
    people.person("omar", groups=["payments-owners"])
    people.application("payments")
    for name in ("dev", "staging", "prod"):
        places.environment(name)


def test_a_pipeline_is_saved_read_and_kept_by_version(payments):
    admin = as_administrator()
    first = admin.put("/pipelines/payments", {"source": places.source()}).json()
    second = admin.put("/pipelines/payments", {"source": places.source(environments=("dev",)), "version": 1})
    assert (first["version"], second.json()["version"]) == (1, 2)
    assert admin.get("/pipelines/payments").json() == second.json()
    assert admin.get("/pipelines/payments?version=1").json() == first
    assert first["source"] == places.source()
    for caller in (as_person("dana"), as_application("payments")):
        assert caller.get("/pipelines/payments").json()["version"] == 2
    assert problem(as_application("storefront").get("/pipelines/payments"))[:2] == (404, "not_found")


def test_a_stale_pipeline_is_409(payments):
    admin = as_administrator()
    admin.put("/pipelines/payments", {"source": places.source()})
    body = {"source": places.source(environments=("dev",)), "version": 0}
    assert problem(admin.put("/pipelines/payments", body))[:2] == (409, "version_conflict")
    assert PipelineVersion.objects.count() == 1


def test_a_wrong_pipeline_is_422_with_pointer_line_and_column(payments):
    admin = as_administrator()
    source = places.source().replace("environment: prod", "environment: moon")
    for answer in (
        admin.put("/pipelines/payments", {"source": source}),
        admin.post("/pipelines/payments/validate", {"source": source}),
    ):
        assert problem(answer) == (422, "unknown_environment", ["/stages/2/environment"])
        (error,) = answer.json()["errors"]
        assert (error["line"], error["column"]) == (7, 18)
    assert not PipelineVersion.objects.exists()


def test_validation_saves_nothing(payments):
    answer = as_administrator().post("/pipelines/payments/validate", {"source": places.source()})
    assert answer.status_code == 200
    assert answer.json()["valid"] is True
    assert [stage["environment"] for stage in answer.json()["stages"]] == ["dev", "staging", "prod"]
    assert not PipelineVersion.objects.exists()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/pipelines/nowhere", 404, "not_found"),
        ("/pipelines/payments", 404, "not_found"),
        ("/pipelines/payments?version=x", 422, "version_invalid"),
        ("/pipelines/payments?version=-1", 422, "version_invalid"),
        ("/pipelines/payments?number=1", 422, "unknown_parameter"),
        ("/environments?tier=1", 422, "unknown_parameter"),
        ("/accounts?x=1", 422, "unknown_parameter"),
    ],
)
def test_what_is_not_there_is_404_and_a_wrong_query_422(path, status, code):
    people.application("payments")
    assert problem(as_administrator().get(path))[:2] == (status, code)


def test_what_is_in_use_is_not_deleted_and_what_is_not_is_archived(payments):
    admin = as_administrator()
    admin.put("/pipelines/payments", {"source": places.source(environments=("dev", "staging"))})
    in_use = admin.delete("/environments/dev?reason=over")
    assert problem(in_use)[:2] == (409, "referenced")
    assert [error["object"] for error in in_use.json()["errors"]] == ["pipeline:payments"]
    assert problem(admin.delete("/accounts/prod?reason=over"))[:2] == (409, "referenced")
    assert problem(admin.delete("/environments/prod")) == (422, "reason_required", ["?reason"])
    assert admin.get("/accounts/prod").json()["account_id"] == "333333333333"
    assert admin.delete("/environments/prod?reason=over").status_code == 204
    assert admin.delete("/accounts/333333333333?reason=over").status_code == 204
    assert problem(admin.get("/environments/prod"))[:2] == (404, "not_found")
    assert problem(admin.get("/accounts/prod"))[:2] == (404, "not_found")
    assert (Environment.objects.count(), Account.objects.count()) == (3, 3)


@pytest.mark.parametrize("path", ["/environments/dev?reason=x", "/accounts/dev?reason=x"])
def test_nobody_but_administrators_archives(path):
    places.environment("dev")
    for caller in (as_person("rita", roles=["release_manager"]), as_application("payments")):
        assert problem(caller.delete(path))[:2] == (403, "forbidden")
    assert Environment.objects.get().archived_at is None


def test_escalating_to_whoever_is_asked_first_is_accepted_with_a_warning():
    places.account("prod")
    people.person("rita", groups=["keys"])
    people.person("omar", groups=["payments-owners"])
    people.application("payments")
    admin = as_administrator()
    gate = {**ENVIRONMENT["gate"], "escalation": "keys"}
    made = admin.post("/environments", {**ENVIRONMENT, "account": "prod", "gate": gate})
    assert (made.status_code, made.json()["gate"]["escalation"]) == (201, "keys")
    assert [warning["code"] for warning in made.json()["warnings"]] == ["escalation_to_same_group"]
    change = {"version": 1, "gate": {**gate, "escalation": "payments-owners"}}
    changed = admin.patch("/environments/prod", change).json()
    assert (changed["gate"]["escalation"], changed["warnings"]) == ("payments-owners", [])
    assert changed["gate_version"] == 2, "who may see a request is part of the rule that votes are bound to"


def test_escalating_to_a_group_there_is_not_is_refused_and_changes_nothing():
    places.account("prod")
    people.person("rita", groups=["keys"])
    people.person("omar", groups=["payments-owners"])
    gate = {**ENVIRONMENT["gate"], "escalation": "nobodies"}
    answer = as_administrator().post("/environments", {**ENVIRONMENT, "account": "prod", "gate": gate})
    assert (answer.status_code, answer.json()["code"]) == (422, "group_unknown")
    assert answer.json()["errors"][0]["pointer"] == "/gate/escalation"
    assert not Environment.objects.exists()
