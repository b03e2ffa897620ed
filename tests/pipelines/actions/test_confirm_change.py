"""A second administrator's word, on exactly what was proposed."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from kernel.clock import now
from kernel.refusals import Conflict, Forbidden, Invalid, NotFound
from pipelines.actions.confirm_change import confirm_change
from pipelines.actions.propose import propose
from pipelines.actions.update_environment import update_environment
from pipelines.models import ConfigChange, Environment, PipelineVersion
from teams.actions.issue_token import issue_token
from teams.actions.set_group_members import set_group_members
from teams.models import ApiToken, Person
from teams.queries import members_of
from tests import people
from tests.pipelines import places, protected
from tests.teams.events import events

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _company():
    protected.company()


def _confirm(change: ConfigChange, by: str = "iris", **more):
    return confirm_change(actor=people.administrator(by, **more), change_id=change.pk)


def _refused(change: ConfigChange, by: str = "iris", **more) -> str:
    with pytest.raises((Conflict, Forbidden)) as refusal:
        _confirm(change, by, **more)
    change.refresh_from_db()
    return refusal.value.code


def test_a_second_administrator_brings_it_into_force_and_both_are_named():
    change = protected.proposed()
    done = confirm_change(actor=people.administrator("iris"), change_id=change.pk, reason=" Agreed ")
    row = Environment.objects.get(pk="prod")
    assert (done.result.pk, len(row.gate["slots"]), row.version, row.gate_version) == ("prod", 1, 2, 2)
    change.refresh_from_db()
    assert (change.state, change.decided_by.username, change.reason) == ("confirmed", "iris", "Agreed")
    by_proposer, by_confirmer = events("config.changed")
    assert (by_proposer["subject"], by_proposer["actor"]["id"]) == ("environment:prod", "per_admin")
    assert (by_confirmer["subject"], by_confirmer["actor"]["id"]) == (f"change:{change.pk}", "per_iris")
    assert by_confirmer["data"]["proposed_by"] == "user:per_admin"
    assert by_confirmer["data"]["confirmed_by"] == "user:per_iris"
    assert by_confirmer["data"]["diff"] == events("config.proposed")[0]["data"]["diff"]


def test_nobody_confirms_their_own_change_and_the_try_is_recorded():
    change = protected.proposed()
    with pytest.raises(Forbidden) as refusal:
        _confirm(change, "admin")
    assert (refusal.value.code, refusal.value.status) == ("self_approval", 403)
    assert refusal.value.denial.subject == f"change:{change.pk}"
    assert Environment.objects.get(pk="prod").version == 1


def test_another_account_of_the_same_human_is_no_second_person():
    change = protected.proposed()
    iris = Person.objects.get(username="iris")
    joined = EmailAddress.objects.create(user=iris, email=people.email_of("admin"), verified=True)
    assert _refused(change) == "self_approval"
    assert (change.state, Environment.objects.get(pk="prod").version) == ("pending", 1)
    joined.delete()
    assert _confirm(change).result.version == 2


def test_a_token_made_for_another_administrator_is_no_second_person():
    change = protected.proposed()
    issued = issue_token(actor=people.administrator(), label="x", scopes=[], expires_in=60, username="iris")
    assert _refused(change, token_id=issued.token.pk) == "self_approval"
    ApiToken.objects.filter(pk=issued.token.pk).update(created_at=people.EPOCH)  # of the first set-up
    assert _confirm(change, token_id=issued.token.pk).result.version == 2


def test_nor_is_one_that_was_made_with_such_a_token():
    """Every token in a chain is the doing of whoever made the first."""
    change = protected.proposed()
    first = issue_token(
        actor=people.administrator(), label="x", scopes=[], expires_in=60, username="iris"
    ).token
    for _ in range(2):
        first = issue_token(
            actor=people.administrator("iris", token_id=first.pk),
            label="x",
            scopes=[],
            expires_in=60,
            username="iris",
        ).token
    assert first.created_by == "admin"
    assert _refused(change, token_id=first.pk) == "self_approval"
    own = issue_token(
        actor=people.administrator("iris"), label="x", scopes=[], expires_in=60, username="iris"
    ).token
    assert _confirm(change, token_id=own.pk).result.version == 2


@pytest.mark.parametrize(
    "who",
    [people.actor("dana"), people.release_manager(), people.auditor(), people.ci()],
    ids=lambda who: who.name,
)
def test_only_administrators_confirm(who):
    change = protected.proposed()
    with pytest.raises(Forbidden) as refusal:
        confirm_change(actor=who, change_id=change.pk)
    assert refusal.value.extra == {"missing_permission": "change.confirm"}


def test_what_moved_meanwhile_is_not_confirmed():
    change = protected.proposed()
    update_environment(actor=people.administrator(), name="prod", version=1, changes={"lane": "queue"})
    assert _refused(change) == "version_conflict"
    assert change.state == "pending"
    assert len(Environment.objects.get(pk="prod").gate["slots"]) == 2


def test_members_that_moved_meanwhile_are_not_confirmed():
    change = protected.proposed("group.members", name="release-managers", members=["rita", "dana"])
    set_group_members(actor=people.administrator(), name="release-managers", members=["omar"])
    assert _refused(change) == "version_conflict"
    names = [person.username for person in members_of(["release-managers"])["release-managers"]]
    assert names == ["omar"]


def test_what_was_archived_meanwhile_or_has_another_version_is_not_archived_again():
    window = places.window()
    change = protected.proposed("window.archive", window_id=window.pk, reason="Old")
    type(window).objects.update(version=2)
    assert _refused(change) == "version_conflict"
    type(window).objects.update(archived_at=now())
    assert _refused(change) == "version_conflict"


def test_everything_is_checked_anew():
    change = protected.proposed()
    Person.objects.filter(username="rita").update(is_active=False)
    with pytest.raises(Invalid) as refusal:
        _confirm(change)
    assert refusal.value.code == "gate_unsatisfiable"
    change.refresh_from_db()
    assert change.state == "pending"


def test_whoever_lost_the_right_since_neither_has_their_change_confirmed_nor_confirms():
    change = protected.proposed()
    Person.objects.filter(username="admin").update(roles=[])
    assert _refused(change) == "proposer_without_right"
    Person.objects.filter(username="admin").update(roles=["administrator"], is_active=False)
    assert _refused(change) == "proposer_without_right"
    with pytest.raises(Forbidden) as refusal:
        confirm_change(actor=people.actor("iris"), change_id=change.pk)
    assert refusal.value.code == "forbidden"


def test_after_seven_days_it_is_too_late():
    change = protected.proposed()
    ConfigChange.objects.update(expires_at=now() - timedelta(seconds=1))
    assert _refused(change) == "change_closed"
    assert Environment.objects.get(pk="prod").version == 1


def test_it_is_confirmed_once():
    change = protected.proposed()
    _confirm(change)
    people.person("ines", roles=["administrator"])
    assert _refused(change, "ines") == "change_closed"
    assert Environment.objects.get(pk="prod").version == 2


def test_the_pipelines_editor_is_whoever_proposed_it():
    source = places.source(environments=("prod",))
    _confirm(protected.proposed("pipeline.save", application="payments", source=source, version=1))
    assert PipelineVersion.objects.get(number=2).edited_by == "user:per_admin"


def test_every_kind_of_change_can_be_confirmed():
    window = places.window()
    freeze = places.freeze()
    gate = {"slots": [protected.WEAKER]}
    place = {"account": "prod", "region": "eu-west-1", "rank": 40, "protected": True, "gate": gate}
    nights = {"timezone": "UTC", "rrule": "FREQ=DAILY", "start": "2026-01-07T22:00:00", "duration": 3600}
    asked = [
        ("environment.create", {"name": "prod-eu", **place}),
        ("environment.archive", {"name": "prod-eu", "reason": "Mistake"}),
        ("window.create", {"name": "Nights", "scope": {}, **nights}),
        ("window.update", {"window_id": window.pk, "version": 1, "changes": {"duration": 7200}}),
        ("window.archive", {"window_id": window.pk, "reason": "Old"}),
        ("freeze.update", {"freeze_id": freeze.pk, "version": 1, "changes": {"end": "2026-12-27T00:00:00"}}),
        ("freeze.archive", {"freeze_id": freeze.pk, "reason": "Over"}),
        ("group.members", {"name": "payments-owners", "members": ["omar", "dana"]}),
        ("person.roles", {"username": "dana", "roles": ["administrator"]}),
    ]
    for kind, request in asked:
        _confirm(protected.proposed(kind, **request))
    assert set(ConfigChange.objects.values_list("state", flat=True)) == {"confirmed"}
    assert Person.objects.get(username="dana").roles == ["administrator"]


def test_what_one_may_not_see_is_not_there():
    with pytest.raises(NotFound):
        confirm_change(actor=people.administrator("iris"), change_id="chg_nothing")


def test_a_change_that_nobody_has_to_confirm_is_not_kept():
    done = propose(actor=people.administrator(), kind="group.members", name="newcomers", members=[])
    assert done.change is None
