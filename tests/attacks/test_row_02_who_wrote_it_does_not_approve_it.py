"""Author, committer and co-author of anything that is not running there yet fill no slot, under whatever address."""

from dataclasses import replace

import pytest
from allauth.account.models import EmailAddress

from approvals.models import ApprovalRequest
from deployments.decision import decide
from deployments.states import State
from kernel.actor import Actor
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Refusal
from pipelines.actions.save_pipeline import save_pipeline
from teams.models import Person
from tests.deployments.sources import pipeline_source
from tests.people import email_of

pytestmark = pytest.mark.django_db


def ask(world, commits, version="1.2.0"):
    world.release(version, commits=commits)
    for name in ("dev", "staging"):
        world.runs(version, name)
    return world.asked(version)


def commit(sha="1", **more) -> dict:
    return {"sha": sha * 40, "author": email_of("dave"), "message": "Change it", **more}


def refused(world, asked, who) -> Refusal:
    with pytest.raises(Refusal) as caught:
        world.vote(asked, who)
    return caught.value


@pytest.mark.parametrize(
    "change",
    [
        {"author": "Rita <RITA@acme.example>"},
        {"committer": "rita@acme.example"},
        {"author": "rita@acme.example (Rita)"},
        {"author": "Dave <dave@acme.example>, Rita <mailto:rita@acme.example>"},
        {"author": "Rita <rita\u200b@acme.example"},
        {"message": "Change it\n\nCo-authored-by: Rita <rita@acme.example>"},
        {"message": "Squash\n\n* one\n\nco-authored-by:   R <Rita@Acme.Example>  \nCo-authored-by: x"},
    ],
)
def test_author_committer_and_co_author_are_kept_out(world, change):
    asked = ask(world, [commit(**change)])
    found = refused(world, asked, "rita")
    assert (found.code, found.extra["relation"]) == ("separation_of_duties", "author")
    assert world.vote(asked, "rosa").slot == "release-managers"


def test_a_further_verified_address_is_the_same_person_and_an_unverified_one_is_not(world):
    rita = Person.objects.get(username="rita")
    EmailAddress.objects.create(user=rita, email="rita@home.example", verified=True)
    EmailAddress.objects.create(
        user=Person.objects.get(username="rosa"), email="rosa@home.example", verified=False
    )
    asked = ask(world, [commit(author="rita@home.example"), commit("2", author="rosa@home.example")])
    assert refused(world, asked, "rita").extra["relation"] == "author"
    assert world.vote(asked, "rosa").slot == "release-managers"


def test_commits_of_every_release_in_between_count(world):
    world.release("1.1.5", commits=[commit("5", author=email_of("rita"))])
    asked = ask(world, [commit()])
    assert refused(world, asked, "rita").extra["relation"] == "author"


def test_commits_that_run_there_already_keep_nobody_out(world):
    world.release("1.1.5", commits=[commit("5", author=email_of("rita"))])
    for name in ("dev", "staging", "prod"):
        world.runs("1.1.5", name)
    asked = ask(world, [commit()])
    assert world.vote(asked, "rita").slot == "release-managers"


def people_check(world, asked):
    verdict = decide(world.fresh(asked), Actor.system("test"), now())
    return next(check for check in verdict.checks if check.name == "people")


def test_an_author_nobody_knows_is_flagged_and_excludes_nobody_by_default(world):
    asked = ask(world, [commit(author="stranger@else.example")])
    world.vote(asked, "rita")
    world.vote(asked, "omar")
    assert people_check(world, asked).state == "pass"
    assert world.start(asked).state == "running"


def test_a_strict_gate_waits_until_somebody_is_known_as_the_author(world):
    world.change_gate("prod", unknown_authors="block")
    asked = ask(world, [commit(author="stranger@else.example")])
    world.vote(asked, "rita")
    world.vote(asked, "omar")
    check = people_check(world, asked)
    assert (check.state, [reason.code for reason in check.reasons]) == ("wait", ["unknown_author"])
    assert "stranger@else.example" in check.reasons[0].text
    assert world.start(asked).state != "running"
    EmailAddress.objects.create(
        user=Person.objects.get(username="dave"), email="stranger@else.example", verified=True
    )
    assert people_check(world, asked).state == "pass"
    assert world.start(asked).state == "running"


def test_an_author_without_an_address_is_one_nobody_knows(world):
    world.change_gate("prod", unknown_authors="block")
    asked = ask(world, [commit(author="Rita")])
    world.vote(asked, "rosa")
    world.vote(asked, "omar")
    assert "Rita" in people_check(world, asked).reasons[0].text
    assert world.start(asked).state != "running"


def test_a_commit_that_is_posted_twice_keeps_both_authors_out(world):
    asked = ask(world, [commit(), commit(author=email_of("rita"))])
    assert refused(world, asked, "rita").extra["relation"] == "author"


def test_a_strict_gate_waits_where_no_commits_were_supplied(world):
    world.change_gate("prod", unknown_authors="block")
    asked = ask(world, None)
    world.vote(asked, "rita")
    world.vote(asked, "omar")
    assert "the authors of 1.2.0" in people_check(world, asked).reasons[0].text
    assert ApprovalRequest.objects.get(pk=asked.approval_id).state == "satisfied"
    assert world.start(asked).state != "running"


def test_a_forge_that_commits_a_merge_is_nobody(world):
    world.change_gate("prod", unknown_authors="block")
    asked = ask(world, [commit(committer="GitHub <noreply@github.com>")])
    world.vote(asked, "rita")
    world.vote(asked, "omar")
    assert people_check(world, asked).state == "pass"


def test_who_wrote_what_a_baseline_takes_away_again_is_kept_out_of_the_next_request(world):
    """rita's release ran in staging when the next one was asked for; then an older one was recorded there."""
    world.release("4.0.1", commits=[commit("4", author=email_of("rita"))])
    world.release("4.0.2", commits=[commit("5", author=email_of("dana"))])
    for version in ("4.0.1", "4.0.2"):
        world.runs(version, "dev")
    first = world.asked("4.0.1", "staging")
    world.vote(first, "rosa")
    world.move(world.start(first), State.VERIFYING, State.SUCCEEDED)
    asked = world.asked("4.0.2", "staging", by="dave")
    world.runs("1.1.0", "staging")
    found = refused(world, asked, "rita")
    assert (found.code, found.extra["relation"]) == ("separation_of_duties", "author")
    assert world.vote(asked, "rosa").slot == "release-managers"


def test_who_saves_the_pipeline_while_people_are_asked_is_kept_out_from_then_on(world):
    world.change_gate("prod", exclude=["requester", "pipeline_editor"])
    asked = ask(world, [commit()])
    source = pipeline_source(world.application, {**world.stages, "prod": {"soak": 1}})
    rita = replace(world.actor("rita"), permissions=frozenset(Permission))
    save_pipeline(actor=rita, application=world.application, source=source, version=1)
    asked = world.plan(asked)
    found = refused(world, asked, "rita")
    assert (found.code, found.extra["relation"]) == ("separation_of_duties", "pipeline_editor")
