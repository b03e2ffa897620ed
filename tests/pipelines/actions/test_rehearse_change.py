"""Looking at the world under a proposed change leaves no trace."""

import pytest

from audit.models import AuditEvent
from kernel.refusals import Conflict
from pipelines.actions.rehearse_change import rehearse_change
from pipelines.actions.update_environment import update_environment
from pipelines.models import Environment
from tests import people
from tests.pipelines import protected

pytestmark = pytest.mark.django_db


def _keys() -> int:
    return len(Environment.objects.get(pk="prod").gate["slots"])


def test_the_change_is_there_while_one_looks_and_gone_afterwards():
    protected.company()
    change = protected.proposed()
    before = AuditEvent.objects.count()
    assert (_keys(), rehearse_change(change, _keys), _keys()) == (2, 1, 2)
    assert AuditEvent.objects.count() == before


def test_what_cannot_come_into_force_cannot_be_looked_at():
    protected.company()
    change = protected.proposed()
    update_environment(actor=people.administrator(), name="prod", version=1, changes={"lane": "queue"})
    with pytest.raises(Conflict) as refusal:
        rehearse_change(change, _keys)
    assert refusal.value.code == "version_conflict"
