"""The same key: one effect, one answer, for a day."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import override_settings

from kernel import idempotency
from kernel.clock import raw_now
from kernel.idempotency import Answer, Claim, find, forget_expired, read_key, running, store
from kernel.models import IdempotentAnswer
from kernel.refusals import Conflict, Invalid

CLAIM = Claim("token:tok_1", "key-1", "a" * 64)
ANSWER = Answer(201, {"Location": "/api/v1/things/1"}, b'{"token": "rgt_shown_once"}')


def aged(hours: float) -> None:
    IdempotentAnswer.objects.update(created_at=raw_now() - timedelta(hours=hours))


@pytest.mark.django_db
def test_an_unknown_key_has_no_answer():
    assert find(CLAIM) is None


@pytest.mark.django_db
def test_what_was_stored_is_found():
    store(CLAIM, ANSWER)
    assert find(CLAIM) == ANSWER


@pytest.mark.django_db
def test_an_empty_body_is_found_too():
    store(CLAIM, Answer(204, {}, b""))
    assert find(CLAIM) == Answer(204, {}, b"")


@pytest.mark.django_db
def test_another_request_under_the_key_is_refused():
    store(CLAIM, ANSWER)
    with pytest.raises(Invalid) as refused:
        find(Claim("token:tok_1", "key-1", "b" * 64))
    assert refused.value.code == "idempotency_key_reused"


@pytest.mark.django_db
def test_another_principal_does_not_find_it():
    store(CLAIM, ANSWER)
    assert find(Claim("token:tok_2", "key-1", "a" * 64)) is None


@pytest.mark.django_db
def test_neither_the_key_nor_the_answer_is_readable_in_the_row():
    store(CLAIM, ANSWER)
    row = IdempotentAnswer.objects.get()
    assert b"rgt_shown_once" not in bytes(row.sealed)
    assert "key-1" not in row.key_digest


@pytest.mark.django_db
def test_after_a_day_the_key_is_free_again():
    store(CLAIM, ANSWER)
    aged(23.9)
    assert find(CLAIM) == ANSWER
    aged(24.1)
    assert find(CLAIM) is None
    store(CLAIM, Answer(200, {}, b"second"))
    assert find(CLAIM).body == b"second"


@pytest.mark.django_db
def test_expired_answers_are_forgotten_and_others_kept():
    store(CLAIM, ANSWER)
    aged(25)
    store(Claim("token:tok_1", "key-2", "a" * 64), ANSWER)
    assert forget_expired() == 1
    assert IdempotentAnswer.objects.count() == 1


@pytest.mark.django_db
def test_an_answer_sealed_with_another_secret_is_not_executed_again():
    store(CLAIM, ANSWER)
    with override_settings(SECRET_KEY="another"), pytest.raises(Conflict) as refused:
        find(CLAIM)
    assert refused.value.code == "idempotency_answer_lost"


def test_one_key_runs_once_at_a_time_in_a_process():
    with running("token:tok_1", "k"):
        with pytest.raises(Conflict) as refused, running("token:tok_1", "k"):
            pytest.fail("entered twice")
        assert refused.value.code == "idempotency_in_progress"
        with running("token:tok_2", "k"), running("token:tok_1", "other"):
            pass
    with running("token:tok_1", "k"):
        pass


def test_a_key_is_free_after_an_error():
    with pytest.raises(ZeroDivisionError), running("token:tok_1", "k"):
        raise ZeroDivisionError
    with running("token:tok_1", "k"):
        pass


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_another_process_that_is_answering_the_key_is_not_waited_for():
    """Two connections stand for two processes: the second is told at once, not after the first ended."""
    told, entered, may_end = [], threading.Event(), threading.Event()

    def first():
        with transaction.atomic():
            told.append(find(CLAIM))
            entered.set()
            may_end.wait(10)
            store(CLAIM, ANSWER)
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    entered.wait(10)
    try:
        with transaction.atomic(), pytest.raises(Conflict) as refused:
            find(CLAIM)
    finally:
        may_end.set()
        thread.join(10)
    assert refused.value.code == "idempotency_in_progress"
    assert told == [None]
    assert find(CLAIM) == ANSWER


@pytest.mark.parametrize("key", ["a", "A-1_b.c", "~" * 255])
def test_a_key_is_visible_ascii(key):
    assert read_key(key) == key


@pytest.mark.parametrize("key", ["", " ", "a b", "a\n", "é", "x" * 256])
def test_anything_else_is_no_key(key):
    with pytest.raises(Invalid) as refused:
        read_key(key)
    assert refused.value.code == "idempotency_key_invalid"


def test_nothing_runs_when_no_request_does():
    assert idempotency._running == set()
