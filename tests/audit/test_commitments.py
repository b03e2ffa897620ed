"""Commitments hide what they commit to, and hold it fast."""

import hashlib
import hmac

import pytest

from audit.commitments import NONCE_BYTES, commit, new_nonce


def test_a_commitment_is_the_hmac_of_field_and_value():
    nonce = bytes(range(32))
    expected = hmac.new(nonce, "commentschön".encode(), hashlib.sha256).hexdigest()
    assert commit(nonce, "comment", "schön") == expected
    assert expected != hashlib.sha256("commentschön".encode()).hexdigest()


def test_the_same_value_under_two_nonces_looks_different():
    one, other = new_nonce(), new_nonce()
    assert len(one) == len(other) == NONCE_BYTES == 32
    assert one != other
    assert commit(one, "actor", "dana") != commit(other, "actor", "dana")


def test_another_field_or_value_gives_another_commitment():
    nonce = new_nonce()
    assert len({commit(nonce, "a", "x"), commit(nonce, "b", "x"), commit(nonce, "a", "y")}) == 3


@pytest.mark.parametrize("nonce", [b"", bytes(31), bytes(33)])
def test_a_nonce_of_another_size_is_refused(nonce):
    with pytest.raises(ValueError, match="32 bytes"):
        commit(nonce, "a", "x")
