"""A row of the inbox in words: why this person is asked, how many keys are turned, and what is urgent."""

from datetime import UTC, datetime, timedelta

import pytest

from approvals.models import ApprovalRequest, Vote
from deployments.models import Deployment
from insights.reads.inbox_row import NEVER, TIME_CODES, first_reason, keys_of, row_of
from kernel.verdicts import Reason
from pipelines.models import Account, Environment
from releases.changes import list_changes
from teams.models import Delegation, Person
from tests import people
from tests.insights.frames import AT, frame_of_pulse

FORWARD = list_changes("forward", [("1.1.0", [])])
BACK = list_changes("rollback", [("1.1.0", [{"sha": "1"}])])
GATE = {"slots": [{"group": "managers", "count": 1}, {"group": "owners", "count": 1}]}
READ = {  # what insights.reads.inbox adds to the row
    "running_version": "1.0.0",
    "previous_version": "0.9.0",
    "newer_version": None,
    "decided_at": AT - timedelta(hours=2),
    "evidence_total": 1,
    "evidence_passed": 1,
    "evidence_failed": 0,
}
FREEZE = {"code": "freeze", "text": "prod is frozen.", "until": "2026-11-24T12:00:00Z"}
WINDOW = {"code": "outside_window", "text": "No window.", "until": "2026-11-24T20:00:00+01:00"}


def vote(name: str, *groups: str, decision="approve", minutes=4) -> Vote:
    person = Person(id=f"per_{name}", username=name)
    at = AT - timedelta(minutes=minutes)
    return Vote(person=person, decision=decision, groups=list(groups), at=at)


def row(*votes, state="needs_approval", expires=None, gate=None, approval_state="open", **more) -> Deployment:
    approval = ApprovalRequest(
        id="apr_1", gate=gate or GATE, state=approval_state, opened_at=AT, expires_at=expires
    )
    approval.standing = list(votes)
    place = Environment(name="prod", account=Account(account_id="333333333333"))
    columns = {"plan_state": "none", "requested_by_id": "per_dana", "requested_by_name": "dana", **more}
    read = {name: columns.pop(name, value) for name, value in READ.items()}
    found = Deployment(
        id="dep_1",
        application_id="payments",
        version="1.1.0",
        environment=place,
        approval=approval,
        state=state,
        **columns,
    )
    vars(found).update(read)
    return found


def shown(deployment, *, group="mine", who="rita", groups=("managers",), changes=FORWARD):
    frame = frame_of_pulse(people.actor(who, groups=groups))
    return row_of(frame, deployment, changes, group=group)


def test_a_row_says_what_would_replace_what_where():
    found = shown(row())
    assert (found.application, found.version, found.environment) == ("payments", "1.1.0", "prod")
    assert (found.account, found.replaces, found.by, found.mine) == ("333333333333", "1.0.0", "dana", False)
    assert found.summary == "no commits, nothing changes"
    assert shown(row(), who="dana").mine is True


def test_where_nothing_is_recorded_nothing_is_said_to_be_replaced():
    assert shown(row(running_version=None)).replaces == ""
    assert shown(row(previous_version=""), group="decided").replaces == ""


def test_a_row_that_was_decided_tells_what_ran_before_and_when_and_waits_for_nothing():
    decided = row(expires=AT + timedelta(minutes=5), reasons=[FREEZE], state="cancelled")
    found = shown(decided, group="decided")
    assert (found.replaces, found.at, found.why) == ("0.9.0", AT - timedelta(hours=2), "")
    assert (found.expires, found.opens, found.summary) == (None, None, "nothing changes")


def test_a_plan_that_never_came_is_not_said_to_come_after_the_end():
    waiting = shown(row(plan_state="not_computed"))
    assert waiting.summary == "no commits, the plan is not there yet"
    ended = shown(row(plan_state="not_computed", state="cancelled"), group="decided")
    assert ended.summary == "never computed"


@pytest.mark.parametrize(
    ("votes", "filled"),
    [
        ([], 0),
        ([vote("rita", "managers")], 1),
        ([vote("rita", "managers"), vote("rosa", "managers")], 1),
        ([vote("rosa", "managers", "owners"), vote("rita", "managers")], 2),
        ([vote("omar", "owners", decision="reject")], 0),
        ([vote("zoe")], 0),
    ],
)
def test_a_key_is_turned_by_an_approval_of_its_group_and_each_person_turns_one(votes, filled):
    assert keys_of(row(*votes), AT) == (filled, 2)
    assert shown(row(*votes)).pips == [True] * filled + [False] * (2 - filled)


def test_a_vote_in_a_place_that_is_lent_no_more_turns_no_key():
    lent = Delegation(id="dlg_1", since=AT - timedelta(days=1), until=AT + timedelta(days=1))
    lent.principal = Person(id="per_rita", username="rita")
    cast = vote("rosa", "managers")
    cast.delegation = lent
    assert keys_of(row(cast), AT) == (1, 2)
    lent.ended_at = AT
    assert keys_of(row(cast), AT) == (0, 2)
    lent.ended_at, lent.until = None, AT
    assert keys_of(row(cast), AT) == (0, 2)


def test_each_vote_is_told_with_its_time_and_a_rejection_as_one():
    votes = [vote("rita", "managers"), vote("omar", "owners", decision="reject", minutes=90)]
    assert shown(row(*votes)).keys == ["rita, 4 m ago", "omar rejected, 1 h 30 m ago"]


@pytest.mark.parametrize(
    ("groups", "votes", "why"),
    [
        (["managers"], [], "You can turn a key of managers."),
        (["managers", "owners", "cooks"], [], "You can turn a key of managers or owners."),
        (["managers", "owners"], [vote("rita", "managers")], "You can turn a key of owners."),
        (
            ["managers"],
            [vote("rosa", "managers", "owners")],  # hers becomes the owners' key
            "You can turn a key of managers.",
        ),
    ],
)
def test_only_the_keys_that_are_open_are_offered(groups, votes, why):
    assert shown(row(*votes), who="olga", groups=groups).why == why


def test_whoever_is_asked_again_is_told_that_the_content_changed():
    found = shown(row(approval_state="void"))
    assert found.why == ("You can turn a key of managers. The content changed, so the old votes are void.")


def test_what_waits_for_others_says_for_what():
    assert shown(row(reasons=[{"text": ""}, FREEZE]), group="others").why == "prod is frozen."
    assert shown(row(), group="others").why == ""


@pytest.mark.parametrize(
    ("left", "urgent"),
    [
        (None, False),
        (timedelta(hours=1), False),
        (timedelta(minutes=59, seconds=59), True),
        (timedelta(seconds=1), True),
        (timedelta(0), False),
        (timedelta(seconds=-1), False),
    ],
)
def test_the_last_hour_is_urgent(left, urgent):
    assert shown(row(expires=None if left is None else AT + left)).urgent is urgent


def test_a_broken_glass_comes_first_then_what_expires_first():
    soon, later = AT + timedelta(hours=1), AT + timedelta(hours=9)
    rows = [row(), row(expires=later), row(expires=soon), row(break_glass=True)]
    found = sorted((shown(r) for r in rows), key=lambda r: r.urgency)
    assert [(r.urgent, r.expires) for r in found] == [
        (True, None),
        (False, soon),
        (False, later),
        (False, None),
    ]
    assert found[-1].urgency[1] == NEVER


@pytest.mark.parametrize(
    ("reasons", "opens"),
    [
        ([], None),
        ([{"code": "lane_busy", "text": "Busy."}], None),
        ([FREEZE], datetime(2026, 11, 24, 12, tzinfo=UTC)),
        ([FREEZE, WINDOW], datetime(2026, 11, 24, 19, tzinfo=UTC)),
        ([FREEZE, {"code": "hold", "text": "On hold.", "until": None}], None),
    ],
)
def test_it_opens_when_the_last_reason_ends_and_only_if_all_ends_are_known(reasons, opens):
    assert shown(row(reasons=reasons)).opens == opens


def chips(deployment, changes=FORWARD) -> list[str]:
    return [chip["text"] for chip in shown(deployment, changes=changes).chips]


def test_the_chips_of_a_row_the_gravest_first():
    grave = row(
        break_glass=True,
        kind="rollback",
        plan_state="ready",
        plan_changes=[{"action": "Remove", "logical_id": "Q", "type": "AWS::IAM::Role"}],
        evidence_passed=0,
        evidence_failed=1,
        reasons=[FREEZE, WINDOW, FREEZE, {"code": "lane_busy"}],
    )
    assert chips(grave) == [
        *("Break-glass", "Rollback", "1 deletion", "Touches IAM", "1 report failed"),
        *("Frozen", "Window closed"),
    ]
    assert chips(row(), BACK)[0] == "Rollback"
    assert chips(row(evidence_total=0, plan_state="not_computed")) == ["Plan not computed", "No evidence"]


def test_each_reason_about_time_has_its_chip():
    for code, (text, _) in TIME_CODES.items():
        assert chips(row(reasons=[{"code": code}]))[-1] == text


def test_the_first_reason_is_the_first_with_a_text():
    assert first_reason([]) is first_reason([{"code": "freeze"}, {"text": None}]) is None
    assert first_reason([{"text": "Why."}, FREEZE]) == Reason("", "Why.")
    found = first_reason([{"code": "hold"}, {**FREEZE, "how_to_clear": "Wait."}])
    assert found == Reason("freeze", "prod is frozen.", how_to_clear="Wait.")


@pytest.mark.parametrize(
    ("columns", "group", "why"),
    [
        ({"state": "superseded", "newer_version": "1.2.0"}, "decided", "1.2.0 took its place."),
        ({"state": "superseded"}, "decided", ""),
        ({"state": "rejected", "newer_version": "1.2.0"}, "decided", ""),
    ],
)
def test_what_was_superseded_says_by_what(columns, group, why):
    assert shown(row(**columns), group=group).why == why
