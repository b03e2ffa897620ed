"""A second company from nothing, through the public set-up calls alone: every answer is as the reference says."""

import urllib.parse

import pytest

from tests.demo import second_company as plan
from tests.demo.second_company import ADMIN, problem
from tests.journeys.wire import Api

pytestmark = [pytest.mark.journey, pytest.mark.one_database, pytest.mark.timeout(300)]
TOKEN = ["id", "label", "scopes", "created_at", "created_by", "expires_at", "last_used_at", "revoked_at"]


def test_nobody_of_the_demo_is_there(company):
    people = company.person(ADMIN).get("/people", limit=200)["items"]
    assert [one["username"] for one in people] == sorted([ADMIN, *plan.PEOPLE])
    assert [one["name"] for one in company.person(ADMIN).get("/teams")["items"]] == ["books"]
    assert [one["name"] for one in company.person(ADMIN).get("/environments")["items"]] == ["lab", "live"]


def test_a_second_administrator_of_the_same_name_is_refused_in_words(company):
    flags = ["--username", ADMIN, "--email", "other@nordlys.example", "--name", "Other", "--password-stdin"]
    again = company.server.manage("createadmin", *flags, stdin=plan.PASSWORD + "\n")
    assert (again.returncode, again.stderr.strip()) == (1, "CommandError: This username is taken.")


def test_what_was_made_is_answered_as_it_is_listed(company):
    lists = {
        "/people": ("username", list(plan.PEOPLE)),
        "/groups": ("name", list(plan.GROUPS)),
        "/teams": ("name", ["books"]),
        "/applications": ("name", ["ledger"]),
        "/accounts": ("alias", list(plan.ACCOUNTS)),
        "/environments": ("name", list(plan.ENVIRONMENTS)),
    }
    for path, (key, names) in lists.items():
        listed = {row[key]: row for row in company.person(ADMIN).get(path, limit=200)["items"]}
        for name in names:
            made = company.answers[f"POST {path} {name}"].body
            tested = {"test", "tested_at"} if path == "/accounts" else set()
            assert {k: v for k, v in listed[name].items() if k not in tested} == {
                k: v for k, v in made.items() if k not in tested
            }
    assert company.answers["POST /groups shift-leads"].body == {
        "name": "shift-leads",
        "members": ["maja", "sven"],
    }
    assert company.answers["POST /environments live"].body["gate"] == {
        **plan.GATE,
        "exclude": sorted(plan.GATE["exclude"]),
        "unknown_authors": "flag",
        "escalation": None,
    }
    window = company.answers["POST /windows"].body
    assert window["id"].startswith("win_")
    assert {key: window[key] for key in plan.WINDOW} == plan.WINDOW
    assert window["in_flight"] == "finish"
    assert company.answers["PUT /pipelines/ledger"].body["version"] == 1


def test_a_protected_place_without_more_said_is_closed_and_an_open_one_open(company):
    defaults = {
        name: company.answers[f"POST /environments {name}"].body["default_open"] for name in ("lab", "live")
    }
    assert defaults == {"lab": True, "live": False}
    opening = company.person("nils").get("/environments/live/next-opening", application="ledger")
    assert (opening["open_now"], opening["closes_at"], opening["reasons"]) == (True, None, [])
    assert company.person("nils").get("/environments/live/next-opening")["open_now"] is False


def test_a_secret_is_shown_once(company):
    admin = company.person(ADMIN)
    for path in ("/people/sven/tokens", "/applications/ledger/tokens"):
        made = company.answers[f"POST {path}"].body
        assert set(made) >= {*TOKEN, "token"}
        (listed,) = admin.get(path)["items"]
        assert list(listed) == TOKEN
        assert made["token"] not in str(listed)
    assert company.person("sven").ask("GET", "/people/maja/tokens").status == 403


def test_an_external_id_is_for_those_who_manage_accounts(company):
    external = company.answers["POST /accounts live"].body["external_id"]
    assert len(external) >= 16
    assert external not in str(company.person("sven").get("/accounts"))
    tested = company.answers["POST /accounts/id/test live"].body
    assert tested["ok"] is True
    assert tested["arn"].startswith("arn:aws:sts::555555555555:assumed-role/ReleaseGateDeploy/")
    assert {check["state"] for check in tested["checks"]} == {"pass"}
    assert {tuple(check) for check in tested["checks"]} == {("name", "state", "detail")}


@pytest.mark.parametrize(
    "path", ["people", "groups", "teams", "applications", "accounts", "environments", "windows"]
)
def test_only_an_administrator_sets_up_and_an_unknown_field_is_named(company, path):
    if path != "windows":  # which release managers make too
        assert company.person("sven").ask("POST", f"/{path}", {}).status in (403, 422)
    key = next(key for key in company.answers if key.startswith(f"POST /{path}") and "tokens" not in key)
    mine = {name: value for name, value in company.answers[key].body.items() if name in ("name", "username")}
    refused = company.person(ADMIN).ask("POST", f"/{path}", {**mine, "colour": "red"})
    status, _, pointers = problem(refused)
    assert (status, "/colour" in pointers) == (422, True)
    assert {error["code"] for error in refused.body["errors"] if error["pointer"] == "/colour"} == {
        "unknown_field"
    }


def test_the_same_name_twice_is_409(company):
    admin = company.person(ADMIN)
    for path, body in {
        "/teams": {"name": "books", "members": []},
        "/groups": {"name": "security", "members": []},
        "/applications": {
            "name": "ledger",
            "team": "books",
            "owners_group": "security",
            "release_branches": [],
        },
        "/environments": {"name": "lab", "region": plan.REGION, "account": "lab", "rank": 999},
    }.items():
        assert problem(admin.ask("POST", path, body))[:2] == (409, "already_exists"), path


def test_a_gate_that_its_people_could_never_fill_is_refused(company):
    gate = {**plan.GATE, "slots": [{"group": "security", "count": 2}]}
    body = {
        "name": "vault",
        "account": "live",
        "region": plan.REGION,
        "rank": 300,
        "protected": True,
        "gate": gate,
    }
    answer = company.person(ADMIN).ask("POST", "/environments", body)
    assert problem(answer) == (422, "gate_unsatisfiable", ["/gate/slots"])
    assert company.person(ADMIN).ask("GET", "/environments/vault").status == 404


def test_a_stale_change_is_a_version_conflict_and_a_known_state_is_304(company):
    admin = company.person(ADMIN)
    before = admin.ask("GET", "/environments/lab")
    tag = before.headers["etag"]
    assert tag.startswith('W/"')
    same = admin.ask("GET", "/environments/lab", If_None_Match=tag)
    assert (same.status, same.data) == (304, b"")
    changed = admin.patch("/environments/lab", {"version": 1, "lane": "reject"})
    assert (changed["lane"], changed["version"]) == ("reject", 2)
    stale = admin.ask("PATCH", "/environments/lab", {"version": 1, "lane": "queue"})
    assert (*problem(stale)[:2], stale.body["version"]) == (409, "version_conflict", 2)
    assert admin.ask("GET", "/environments/lab", If_None_Match=tag).status == 200
    stale = admin.ask("PUT", "/pipelines/ledger", {"source": plan.PIPELINE, "version": 0})
    assert problem(stale)[:2] == (409, "version_conflict")


def test_a_pipeline_that_cannot_be_is_refused_with_its_line_and_column(company):
    source = plan.PIPELINE.replace(
        "kind: s3-site, bucket: ledger-live", "kind: carrier-pigeon, bucket: ledger-live"
    )
    for method, path in (("PUT", "/pipelines/ledger"), ("POST", "/pipelines/ledger/validate")):
        version = {"version": 1} if method == "PUT" else {}
        answer = company.person(ADMIN).ask(method, path, {"source": source, **version})
        assert answer.status == 422, answer.text
        error = answer.body["errors"][0]
        assert (error["pointer"], error["line"]) == ("/stages/1/target/kind", 7)
        assert error["column"] > 1
    assert company.person(ADMIN).get("/pipelines/ledger")["version"] == 1


def test_pages_of_a_list_follow_each_other_to_the_end(company):
    seen, address = [], "/people?limit=2"
    while address:
        body = company.person(ADMIN).get(address)
        assert len(body["items"]) <= 2
        seen += [row["username"] for row in body["items"]]
        address = body["next"] and body["next"].removeprefix(f"{company.server.url}/api/v1")
    assert seen == sorted([ADMIN, *plan.PEOPLE])
    assert problem(company.person(ADMIN).ask("GET", "/people?limit=201")) == (
        422,
        "limit_invalid",
        ["?limit"],
    )


def test_an_idempotency_key_gives_the_first_answer_again(company):
    admin, body = company.person(ADMIN), {"name": "night-watch", "members": ["jonas"]}
    first = admin.ask("POST", "/groups", body, Idempotency_Key="night-1")
    again = admin.ask("POST", "/groups", body, Idempotency_Key="night-1")
    assert (first.status, again.status, again.data) == (201, 201, first.data)
    other = admin.ask("POST", "/groups", {**body, "members": []}, Idempotency_Key="night-1")
    assert problem(other)[:2] == (422, "idempotency_key_reused")


def test_a_token_in_an_address_is_refused_and_revoked(company):
    asked = {"label": "leaked", "scopes": ["read"], "expires_in": 3_600}
    leaked = company.person(ADMIN).post("/people/tove/tokens", asked)["token"]
    answer = Api(company.server.url).ask("GET", f"/people?token={urllib.parse.quote(leaked)}")
    assert problem(answer)[:2] == (400, "token_in_query")
    assert problem(Api(company.server.url, leaked).ask("GET", "/whoami"))[:2] == (401, "token_revoked")
