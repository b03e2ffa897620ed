"""The log says that it lives."""

import json

import pytest

from audit.actions.heartbeat import heartbeat
from audit.models import AuditEvent
from audit.tags import Kind
from tests.audit.log import ORIGIN, SIGNER, sealed
from tests.database import as_sealer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("kind", [Kind.LOG_HEARTBEAT, Kind.LOG_SEALED])
def test_a_heartbeat_names_the_key_and_what_was_signed_last(kind):
    sealed(3)
    with as_sealer():
        event = heartbeat(SIGNER, kind)
    body = json.loads(bytes(AuditEvent.objects.get(pk=event.pk).body))
    assert (body["kind"], body["subject"]) == (str(kind), f"log:{ORIGIN}")
    assert body["data"] == {"vkey": SIGNER.vkey, "tree_size": 3}
    assert body["actor"] == {"kind": "system", "id": "sealer", "method": "system"}
    assert body["private"] == {}


def test_before_the_first_checkpoint_the_size_is_zero():
    with as_sealer():
        event = heartbeat(SIGNER)
    assert json.loads(bytes(event.body))["data"]["tree_size"] == 0
