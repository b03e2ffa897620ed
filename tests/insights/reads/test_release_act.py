"""The one next step with a release: never a form for somebody whose request would be refused."""

import pytest

from deployments.models import Deployment
from deployments.states import State
from insights.reads.release_act import Act, act_of
from kernel.verdicts import Allow, Deny, Reason, Wait
from pipelines.models import Environment
from releases.models import Release
from teams.models import Application
from tests import people

RELEASE = Release(id="rel_1", application=Application(name="payments", team_id="crew"))
PROD = Environment(name="prod")
LATER = Reason("freeze", "prod is frozen.")
NEVER = Reason("withdrawn", "It was withdrawn.")
DANA = people.actor("dana", teams=["crew"])
RITA = people.release_manager()
NOBODY = people.actor("zoe", teams=["another"])


def act(actor=DANA, verdict=None, subject=None, running=None) -> Act:
    return act_of(actor, RELEASE, PROD, verdict or Allow(), subject, running)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("actor", [DANA, RITA, NOBODY])
def test_an_open_deployment_is_looked_at_whoever_looks(state, actor):
    row = Deployment(state=state)
    kind = "review" if state == State.NEEDS_APPROVAL else "follow"
    assert act(actor, Deny((NEVER,)), row, RELEASE) == Act(kind, row)


def test_what_runs_there_is_not_asked_for_again():
    assert act(running=RELEASE) == Act("runs")
    assert act(running=Release(id="rel_0")) == Act("request")


@pytest.mark.parametrize("actor", [DANA, RITA])
def test_the_team_and_release_managers_ask_now_or_for_later(actor):
    assert act(actor) == Act("request")
    assert act(actor, Wait((LATER,))) == Act("request", reasons=(LATER,))


@pytest.mark.parametrize("actor", [DANA, RITA, NOBODY])
def test_what_may_never_go_has_its_reasons_and_no_form(actor):
    assert act(actor, Deny((NEVER, LATER))) == Act("none", reasons=(NEVER, LATER))


@pytest.mark.parametrize("actor", [NOBODY, people.auditor(), people.administrator(), people.ci()])
def test_others_are_told_whom_to_ask(actor):
    text = "The team crew and release managers request deployments of payments."
    assert act(actor, Wait((LATER,))) == Act(
        "none", reasons=(Reason("forbidden", text, how_to_clear="Ask somebody of crew."),)
    )
