"""Two words on one change at the same moment: one counts."""

import pytest

from kernel.refusals import Conflict
from pipelines.actions.confirm_change import confirm_change
from pipelines.actions.reject_change import reject_change
from pipelines.models import ConfigChange, Environment
from tests import people
from tests.deployments.test_races import together
from tests.pipelines import protected
from tests.teams.events import events

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4


def _confirm(change, who):
    return lambda: confirm_change(actor=people.administrator(who), change_id=change.pk)


def _reject(change, who):
    return lambda: reject_change(actor=people.administrator(who), change_id=change.pk, reason="No")


def test_of_two_confirmations_one_wins():
    protected.company()
    people.person("ines", roles=["administrator"])
    for version in range(1, ROUNDS + 1):
        lane = ("queue", "supersede")[version % 2 - 1]
        request = {"name": "prod", "version": version, "changes": {"lane": lane}}
        change = protected.proposed("environment.update", **request)
        answers = together(_confirm(change, "iris"), _confirm(change, "ines"))
        lost = [answer for answer in answers if isinstance(answer, Conflict)]
        assert [answer.code for answer in lost] == ["change_closed"], answers
        assert Environment.objects.get(pk="prod").version == version + 1
    assert len([e for e in events("config.changed") if e["subject"].startswith("change:")]) == ROUNDS


def test_a_confirmation_beside_a_rejection_has_one_end():
    protected.company()
    for _ in range(ROUNDS):
        row = Environment.objects.get(pk="prod")
        lane = "queue" if row.lane == "supersede" else "supersede"
        request = {"name": "prod", "version": row.version, "changes": {"lane": lane}}
        change = protected.proposed("environment.update", **request)
        answers = together(_confirm(change, "iris"), _reject(change, "admin"))
        assert len([answer for answer in answers if isinstance(answer, Conflict)]) == 1, answers
        state = ConfigChange.objects.get(pk=change.pk).state
        moved = Environment.objects.get(pk="prod").version - row.version
        assert (state, moved) in {("confirmed", 1), ("withdrawn", 0)}
