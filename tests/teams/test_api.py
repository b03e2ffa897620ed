"""The set-up calls of the API, endpoint by endpoint, with who may and what is refused."""

import pytest

from teams.models import ApiToken, Application, Group, GroupMembership, Person, Team
from tests import people
from tests.teams.callers import Caller, as_administrator, as_application, as_person, problem

pytestmark = pytest.mark.django_db
RITA = {"username": "rita", "email": "rita@acme.example", "name": "Rita", "roles": ["release_manager"]}


def test_a_company_is_set_up_through_the_api_alone():
    admin = as_administrator()
    assert admin.post("/people", RITA).status_code == 201
    assert admin.post("/teams", {"name": "desk", "members": ["rita"]}).status_code == 201
    assert admin.post("/groups", {"name": "owners", "members": ["rita"]}).status_code == 201
    made = admin.post(
        "/applications",
        {"name": "payments", "team": "desk", "owners_group": "owners", "release_branches": ["main"]},
    )
    assert made.status_code == 201
    token = admin.post(
        "/applications/payments/tokens", {"label": "ci", "scopes": ["read"], "expires_in": 3600}
    )
    assert token.status_code == 201
    assert Caller(token.json()["token"]).get("/whoami").json()["application"] == "payments"
    own = admin.post("/people/rita/tokens", {"label": "laptop", "scopes": [], "expires_in": 3600})
    rita = Caller(own.json()["token"]).get("/whoami").json()
    assert (rita["actor"], rita["groups"], rita["teams"]) == ("rita", ["owners"], ["desk"])
    assert rita["roles"] == ["release_manager"]


def test_what_is_created_is_answered_and_listed():
    admin = as_administrator()
    made = admin.post("/people", {**RITA, "password": "a long enough phrase"})
    row = Person.objects.get(username="rita")
    assert made.json() == {
        "id": row.pk,
        "username": "rita",
        "email": "rita@acme.example",
        "name": "Rita",
        "roles": ["release_manager"],
        "active": True,
    }
    assert admin.post("/teams", {"name": "desk", "members": ["rita"]}).json() == {
        "name": "desk",
        "members": ["rita"],
    }
    assert admin.post("/groups", {"name": "keys", "members": ["rita", "admin"]}).json() == {
        "name": "keys",
        "members": ["admin", "rita"],
    }
    assert admin.get("/teams").json() == {"items": [{"name": "desk", "members": ["rita"]}], "next": None}
    assert admin.get("/groups").json()["items"] == [{"name": "keys", "members": ["admin", "rita"]}]
    assert [person["username"] for person in admin.get("/people").json()["items"]] == ["admin", "rita"]


def test_an_application_is_answered_as_it_is():
    people.team("desk")
    people.group("owners")
    body = {
        "name": "payments",
        "team": "desk",
        "owners_group": "owners",
        "release_branches": ["main", "release/*"],
    }
    admin = as_administrator()
    assert admin.post("/applications", body).json() == body
    assert admin.get("/applications").json()["items"] == [body]


def test_members_are_replaced_as_a_whole():
    people.person("alice", groups=["keys"])
    people.person("bob")
    admin = as_administrator()
    answer = admin.put("/groups/keys/members", {"members": ["bob"]})
    assert (answer.status_code, answer.json()) == (200, {"name": "keys", "members": ["bob"]})
    assert admin.get("/groups").json()["items"][0]["members"] == ["bob"]
    assert GroupMembership.objects.get(person="per_alice").until is not None


@pytest.mark.parametrize(
    ("path", "body", "code", "pointers"),
    [
        ("/teams", {"name": "Desk", "members": []}, "name_invalid", ["/name"]),
        ("/teams", {"members": []}, "required", ["/name"]),
        ("/teams", {"name": "desk", "members": ["nobody"]}, "person_unknown", ["/members/0"]),
        ("/teams", {"name": "desk", "members": "rita"}, "not_a_list", ["/members"]),
        ("/teams", {"name": 5, "members": []}, "not_a_string", ["/name"]),
        ("/teams", {"name": "desk", "members": [5]}, "not_a_string", ["/members/0"]),
        ("/teams", {"name": None, "members": []}, "null", ["/name"]),
        ("/teams", [], "not_an_object", [""]),
        ("/teams", {"name": "desk", "members": [], "colour": "red"}, "unknown_field", ["/colour"]),
        ("/groups", {"name": "keys", "members": ["nobody"]}, "person_unknown", ["/members/0"]),
        ("/people", {**RITA, "roles": ["king"]}, "role_unknown", ["/roles/0"]),
        ("/people", {**RITA, "email": "x"}, "email_invalid", ["/email"]),
        ("/people", {**RITA, "password": "password"}, "password_invalid", None),
        ("/people", {**RITA, "is_active": True}, "unknown_field", ["/is_active"]),
        (
            "/applications",
            {"name": "x", "team": "a", "owners_group": "b"},
            "team_unknown",
            ["/team", "/owners_group"],
        ),
    ],
)
def test_bad_input_is_422_with_a_stable_code_and_changes_nothing(path, body, code, pointers):
    answer = problem(as_administrator().post(path, body))
    assert answer[:2] == (422, code)
    if pointers is not None:
        assert answer[2] == pointers
    assert not Team.objects.exists()
    assert not Group.objects.exists()
    assert not Application.objects.exists()
    assert list(Person.objects.values_list("username", flat=True)) == ["admin"]


def test_creating_something_twice_is_409():
    admin = as_administrator()
    for path, body in (
        ("/people", RITA),
        ("/teams", {"name": "desk", "members": []}),
        ("/groups", {"name": "owners", "members": []}),
        ("/applications", {"name": "payments", "team": "desk", "owners_group": "owners"}),
    ):
        assert admin.post(path, body).status_code == 201
        assert problem(admin.post(path, body))[:2] == (409, "already_exists")


SETUP = [
    ("post", "/teams", {"name": "new", "members": []}, "team.manage"),
    ("post", "/groups", {"name": "new", "members": []}, "group.manage"),
    ("put", "/groups/keys/members", {"members": ["dana"]}, "group.manage"),
    ("post", "/people", RITA, "person.manage"),
    ("post", "/applications", {"name": "new", "team": "desk", "owners_group": "keys"}, "application.manage"),
    (
        "post",
        "/applications/payments/tokens",
        {"label": "x", "scopes": ["read"], "expires_in": 60},
        "token.manage",
    ),
    ("delete", "/applications/payments/tokens/tok_x?reason=x", None, "token.manage"),
    ("post", "/people/admin/tokens", {"label": "x", "scopes": [], "expires_in": 60}, "token.manage"),
    ("delete", "/people/admin/tokens/tok_x?reason=x", None, "token.manage"),
]


@pytest.mark.parametrize(("method", "path", "body", "permission"), SETUP)
@pytest.mark.parametrize("role", [[], ["auditor"], ["release_manager"]])
def test_nobody_but_administrators_sets_up(method, path, body, permission, role):
    people.application("payments")
    people.team("desk")
    people.group("keys")
    people.person("admin")
    caller = as_person("dana", roles=role, teams=["payments"])
    before = (Team.objects.count(), Group.objects.count(), Person.objects.count(), ApiToken.objects.count())
    response = getattr(caller, method)(path, body)
    assert problem(response)[:2] == (403, "forbidden")
    assert response.json()["missing_permission"] == permission
    assert before == (
        Team.objects.count(),
        Group.objects.count(),
        Person.objects.count(),
        ApiToken.objects.count(),
    )
    assert not GroupMembership.objects.filter(group="keys").exists()


@pytest.mark.parametrize(("method", "path", "body", "permission"), SETUP)
def test_a_machine_sets_up_nothing_and_a_stranger_even_less(method, path, body, permission):
    people.person("admin")
    machine = as_application("payments")
    assert problem(getattr(machine, method)(path, body))[:2] == (403, "forbidden")
    assert problem(getattr(Caller(), method)(path, body))[:2] == (401, "not_authenticated")


def test_every_signed_in_person_sees_teams_groups_people_and_applications():
    people.application("payments")
    caller = as_person("dana")
    for path in ("/teams", "/groups", "/people", "/applications"):
        assert len(caller.get(path).json()["items"]) >= 1


def test_a_machine_sees_its_own_application_and_nothing_of_people():
    people.application("storefront")
    machine = as_application("payments")
    assert [item["name"] for item in machine.get("/applications").json()["items"]] == ["payments"]
    assert [item["name"] for item in machine.get("/teams").json()["items"]] == ["payments"]
    assert machine.get("/people").json()["items"] == []
    assert machine.get("/groups").json()["items"] == []
    assert problem(machine.get("/applications/storefront/tokens"))[:2] == (404, "not_found")
    assert problem(machine.get("/applications/nowhere/tokens"))[:2] == (404, "not_found")


def test_lists_of_tokens_never_show_a_secret_or_its_digest():
    people.application("payments")
    admin = as_administrator()
    made = admin.post(
        "/applications/payments/tokens", {"label": "ci", "scopes": ["read"], "expires_in": 60}
    ).json()
    (item,) = admin.get("/applications/payments/tokens").json()["items"]
    assert item == {key: value for key, value in made.items() if key not in {"token", "secret"}}
    assert set(item) == {
        "id",
        "label",
        "scopes",
        "created_at",
        "created_by",
        "expires_at",
        "last_used_at",
        "revoked_at",
    }
    assert made["token"] not in str(item)
    Caller(made["token"]).get("/whoami")
    assert admin.get("/applications/payments/tokens").json()["items"][0]["last_used_at"] is not None


def test_people_see_and_end_their_own_tokens():
    dana = as_person("dana")
    (first,) = dana.get("/people/dana/tokens").json()["items"]
    second = dana.post(
        "/people/dana/tokens", {"label": "second", "scopes": ["read"], "expires_in": 60}
    ).json()
    assert dana.delete(f"/people/dana/tokens/{second['id']}?reason=unused").status_code == 204
    assert problem(Caller(second["token"]).get("/whoami"))[:2] == (401, "token_revoked")
    assert [item["id"] for item in dana.get("/people/dana/tokens").json()["items"]] == [
        first["id"],
        second["id"],
    ]
    people.person("bob")
    assert problem(dana.get("/people/bob/tokens"))[:2] == (403, "forbidden")


def test_revoking_an_applications_token_needs_a_reason():
    people.application("payments")
    admin = as_administrator()
    made = admin.post(
        "/applications/payments/tokens", {"label": "ci", "scopes": ["read"], "expires_in": 60}
    ).json()
    path = f"/applications/payments/tokens/{made['id']}"
    assert problem(admin.delete(path)) == (422, "reason_required", ["?reason"])
    assert Caller(made["token"]).get("/whoami").status_code == 200
    assert admin.delete(f"{path}?reason=leaked").status_code == 204
    assert problem(Caller(made["token"]).get("/whoami"))[:2] == (401, "token_revoked")


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"expires_in": "60"}, "not_an_integer", "/expires_in"),
        ({"expires_in": True}, "not_an_integer", "/expires_in"),
        ({"expires_in": 60.5}, "not_an_integer", "/expires_in"),
        ({"expires_in": 31_536_001}, "expires_in_invalid", "/expires_in"),
        ({"expires_in": 0}, "expires_in_invalid", "/expires_in"),
        ({"scopes": ["everything"]}, "scope_unknown", "/scopes/0"),
        ({"scopes": []}, "scopes_required", "/scopes"),
    ],
)
def test_a_wrong_token_request_makes_no_token(change, code, pointer):
    people.application("payments")
    admin = as_administrator()
    body = {"label": "ci", "scopes": ["read"], "expires_in": 60, **change}
    assert problem(admin.post("/applications/payments/tokens", body)) == (422, code, [pointer])
    assert ApiToken.objects.filter(application="payments").count() == 0


def test_lists_are_paged_in_a_stable_order():
    for name in ("c", "a", "b"):
        people.team(name)
    caller = as_person("dana")
    first = caller.get("/teams?limit=2").json()
    assert [item["name"] for item in first["items"]] == ["a", "b"]
    second = caller.client.get(first["next"]).json()
    assert ([item["name"] for item in second["items"]], second["next"]) == (["c"], None)


@pytest.mark.parametrize(
    ("query", "code"),
    [("limit=0", "limit_invalid"), ("limit=201", "limit_invalid"), ("page=2", "unknown_parameter")],
)
def test_a_wrong_query_is_422(query, code):
    caller = as_person("dana")
    for path in ("/teams", "/groups", "/people", "/applications"):
        assert problem(caller.get(f"{path}?{query}"))[:2] == (422, code)
