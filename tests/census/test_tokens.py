"""What a token is worth: a dead one nothing, a personal one what its person is, one with scopes only those."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from kernel.clock import now
from kernel.permissions import SCOPES
from teams.models import ApiToken
from tests.census import page_rows
from tests.census.api_rows import ROWS
from tests.census.asking import ask
from tests.census.callers import PEOPLE, in_a_browser, with_token
from tests.census.table import Cell
from tests.teams.callers import DAY, secret_of

pytestmark = pytest.mark.django_db
PUBLIC = "GET /openapi.json"
# What a person does in a browser only: a stolen token must not take the lock away that it cannot open.
IN_A_BROWSER = {"DELETE /people/{person}/passkeys/{passkey}": Cell(403, "forbidden")}
LOCKED = [row for row in ROWS if row.id != PUBLIC]


def found(answer) -> Cell:
    return Cell(answer.status, answer.json["code"] if answer.status >= 400 else "")


@pytest.mark.parametrize("username", ["dana", "rita"])
def test_a_personal_token_is_worth_what_its_person_is(town, username):
    """Also for votes: where no gate asks for step-up, a personal token votes as its person."""
    column = next(name for name, person in PEOPLE.items() if person == username)
    client = with_token(secret_of(username=username, scopes=[], expires_in=DAY))
    wrong = []
    for row in ROWS:
        answer = found(ask(client, row, town.names, api=True))
        if answer != IN_A_BROWSER.get(row.id, row.cells[column]):
            wrong.append(f"{row.id}: {answer}, not {row.cells[column]}")
    assert wrong == []


@pytest.mark.parametrize("username", ["dana", "rita"])
def test_a_personal_token_that_only_reads_changes_nothing_its_person_may(town, username):
    column = next(name for name, person in PEOPLE.items() if person == username)
    client = with_token(secret_of(username=username, scopes=["read"], expires_in=DAY))
    for row in ROWS:
        answer = ask(client, row, town.names, api=True)
        if not row.changes:
            assert found(answer) == row.cells[column], row.id
            continue
        assert found(answer) == Cell(403, "forbidden"), row.id
        assert answer.json["missing_permission"].startswith("scope "), row.id
        assert answer.touched == set(), row.id
        assert [event["outcome"] for event in answer.events] == ["denied"], row.id


def test_an_application_token_that_only_reads_changes_nothing(town):
    client = with_token(secret_of(application="payments", scopes=["read"], expires_in=DAY))
    for row in (row for row in ROWS if row.changes):
        if row.cells["ci"].status >= 400 or row.key == "POST /audit/exports":
            continue
        answer = ask(client, row, town.names, api=True)
        assert (found(answer), answer.touched) == (Cell(403, "forbidden"), set()), row.id
        assert answer.json["missing_permission"] in {f"scope {name}" for name in SCOPES}, row.id


def test_an_application_token_without_the_scope_to_read_learns_who_it_is_and_nothing_else(town):
    client = with_token(secret_of(application="payments", scopes=["builds:write"], expires_in=DAY))
    for row in (row for row in LOCKED if not row.changes):
        answer = ask(client, row, town.names, api=True)
        if row.path == "/whoami":
            assert answer.status == 200
        else:
            assert (found(answer), answer.json["missing_permission"]) == (
                Cell(403, "forbidden"),
                "scope read",
            ), row.id


def expired(secret: str) -> None:
    ApiToken.objects.filter(pk=newest().pk).update(expires_at=now() - timedelta(seconds=1))


def revoked(secret: str) -> None:
    ApiToken.objects.filter(pk=newest().pk).update(revoked_at=now())


def inactive(secret: str) -> None:
    get_user_model().objects.filter(username="rita").update(is_active=False)


def newest() -> ApiToken:
    return ApiToken.objects.order_by("-id").first()


@pytest.mark.parametrize(
    ("kill", "code"), [(expired, "token_expired"), (revoked, "token_revoked"), (inactive, "token_revoked")]
)
def test_a_dead_token_opens_no_route(town, kill, code):
    """Rita's, who may do most of all."""
    secret = secret_of(username="rita", scopes=[], expires_in=DAY)
    client = with_token(secret)
    kill(secret)
    wrong = {}
    for row in LOCKED:
        answer = ask(client, row, town.names, api=True)
        if (found(answer), answer.touched, answer.events) != (Cell(401, code), set(), []):
            wrong[row.id] = found(answer)
    assert wrong == {}


@pytest.mark.parametrize("secret", ["rgt_" + "0" * 42, "nonsense"])
def test_a_token_nobody_issued_opens_no_route(town, secret):
    for row in LOCKED:
        assert found(ask(with_token(secret), row, town.names, api=True)) == Cell(401, "not_authenticated")


def test_who_has_left_is_a_stranger_to_every_page_and_route(town):
    client = in_a_browser("rita")
    inactive("")
    for row in page_rows.ROWS:
        answer = ask(client, row, town.names, api=False)
        assert answer.status == row.cells["stranger"].status, row.id
        assert answer.touched == set(), row.id
    for row in LOCKED:
        assert found(ask(client, row, town.names, api=True)) == Cell(401, "not_authenticated"), row.id
