"""Yesterday's dump put back takes the last votes and starts out of the log; whoever kept a checkpoint sees it."""

import pytest

from audit.models import Checkpoint
from cli.relgate import Broken, read_key, verify_bundle
from tests import people
from tests.audit.log import SIGNER, bundle, sealed
from tests.audit.tampering import tamper
from tests.cli.bundles import members

pytestmark = pytest.mark.django_db(transaction=True)
KEY = read_key(SIGNER.vkey)
TABLES = {"audit_checkpoint": "tree_size > 4", "audit_leaf": "leaf_index >= 4"}


@pytest.fixture
def saved(transactional_db) -> str:
    """The checkpoint somebody kept: seven leaves; then the log is put back to its first four."""
    rita = people.release_manager()
    for number in (4, 3):
        sealed(number, actor=rita, kind="vote.cast", subject="approval:apr_1")
    kept = members(bundle())["checkpoint.last"]
    for table, later in TABLES.items():
        tamper(f"DELETE FROM {table} WHERE {later}")
    tamper("DELETE FROM audit_node WHERE (idx + 1) * (1 << level) > 4")
    tamper("DELETE FROM audit_opening WHERE event_id NOT IN (SELECT event_id FROM audit_leaf)")
    tamper("DELETE FROM audit_auditevent WHERE id NOT IN (SELECT event_id FROM audit_leaf)")
    return kept


def test_the_shorter_log_is_whole_in_itself(saved):
    assert verify_bundle(bundle(), KEY)["last"] == 4


def test_with_the_kept_checkpoint_it_is_refused(saved):
    with pytest.raises(Broken, match="does not reach the saved checkpoint of 7"):
        verify_bundle(bundle(), KEY, saved=saved)


def test_other_events_sealed_on_top_of_the_backup_are_a_fork(saved):
    sealed(5, actor=people.release_manager("mallory"), kind="vote.cast", subject="approval:apr_2")
    assert Checkpoint.objects.order_by("-tree_size").first().tree_size == 9
    assert verify_bundle(bundle(), KEY)["last"] == 9
    with pytest.raises(Broken):
        verify_bundle(bundle(), KEY, saved=saved)
