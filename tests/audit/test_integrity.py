"""The check of the whole log finds every edit of what was sealed."""

import pytest

from audit.integrity import LogMismatch, check_whole_log
from audit.merkle import leaf_hash
from tests.audit.log import OTHER, SIGNER, add, sealed
from tests.audit.tampering import tamper

OF_LEAF_2 = "WHERE id = (SELECT event_id FROM audit_leaf WHERE leaf_index = 2)"

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_empty_log_and_an_untouched_one_pass():
    assert check_whole_log(SIGNER.key) == 0
    sealed(1, 2, 10)
    add(3)  # unsealed events are nobody's business here
    assert check_whole_log(SIGNER.key) == 13


@pytest.mark.parametrize(
    ("sql", "parameters", "says"),
    [
        (f"UPDATE audit_auditevent SET body = %s {OF_LEAF_2}", [b"{}"], "do not have the hash"),
        ("DELETE FROM audit_leaf WHERE leaf_index = 2", [], "leaf 2 is missing"),
        ("DELETE FROM audit_leaf WHERE leaf_index = 5", [], "there are 5 leaves, but 6 were signed"),
        ("DELETE FROM audit_checkpoint WHERE tree_size = 6", [], "a leaf 5, but 3 were signed"),
        ("UPDATE audit_checkpoint SET tree_size = 7 WHERE tree_size = 6", [], "there are 6 leaves, but 7"),
        ("UPDATE audit_checkpoint SET note = %s WHERE tree_size = 6", ["a\n\n— x AAAA\n"], "is not ours"),
    ],
)  # fmt: skip
def test_each_edit_is_found(sql, parameters, says):
    sealed(3, 3)
    assert tamper(sql, parameters) == 1
    with pytest.raises(LogMismatch, match=says):
        check_whole_log(SIGNER.key)


def test_an_edit_with_its_hashes_recomputed_does_not_lead_to_the_signed_root():
    sealed(3)
    body = b'{"forged":true}'
    where = "WHERE id = (SELECT event_id FROM audit_leaf WHERE leaf_index = 1)"
    tamper(f"UPDATE audit_auditevent SET body = %s, leaf_hash = %s {where}", [body, leaf_hash(body)])
    tamper("UPDATE audit_leaf SET leaf_hash = %s WHERE leaf_index = 1", [leaf_hash(body)])
    with pytest.raises(LogMismatch, match="do not have the root that was signed"):
        check_whole_log(SIGNER.key)


def test_the_log_of_another_key_is_not_ours():
    sealed(2)
    with pytest.raises(LogMismatch, match="is not ours"):
        check_whole_log(OTHER.key)


@pytest.mark.one_database  # PostgreSQL does not let text into a binary column
def test_text_in_a_binary_column_is_a_mismatch_and_no_crash():
    sealed(3)
    assert tamper(f"UPDATE audit_auditevent SET body = 'text' {OF_LEAF_2}") == 1
    with pytest.raises(LogMismatch, match="do not have the hash"):
        check_whole_log(SIGNER.key)
