"""Refusals carry a status, a stable code and what else belongs into the answer."""

import pytest

from kernel.refusals import Conflict, Denial, Forbidden, Invalid, LostRace, NotFound, Refusal, Unavailable


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (Refusal, 409, "refused"),
        (NotFound, 404, "not_found"),
        (Forbidden, 403, "forbidden"),
        (Invalid, 422, "invalid"),
        (Conflict, 409, "conflict"),
        (Unavailable, 503, "unavailable"),
    ],
)
def test_each_kind_has_its_status_and_code(kind, status, code):
    refusal = kind()
    assert (refusal.status, refusal.code) == (status, code)
    assert refusal.detail
    assert str(refusal) == refusal.detail


def test_missing_and_invisible_say_the_same():
    assert NotFound().detail == NotFound().detail == "There is no such object, or you may not see it."


def test_the_code_of_several_errors_is_that_of_the_first():
    errors = [
        {"pointer": "/a", "code": "digest_invalid", "detail": "Too short."},
        {"pointer": "/b", "code": "blank", "detail": "Empty."},
    ]
    refusal = Invalid(errors=errors)
    assert (refusal.code, refusal.detail, refusal.errors) == ("digest_invalid", "Too short.", errors)


def test_an_explicit_code_wins_over_the_errors():
    assert Invalid(errors=[{"pointer": "", "code": "a", "detail": "b"}], code="mine").code == "mine"


def test_further_members_are_kept():
    refusal = Conflict("x", code="not_open", superseded_by="dep_2")
    assert (refusal.code, refusal.extra) == ("not_open", {"superseded_by": "dep_2"})


def test_a_code_given_to_one_refusal_does_not_change_the_class():
    Conflict("x", code="not_open")
    assert Conflict("x").code == "conflict"


def test_a_denial_is_carried_along():
    denial = Denial(kind="vote.refused", subject="approval:apr_1")
    assert Forbidden("x", denial=denial).denial is denial
    assert Forbidden("x").denial is None


def test_a_lost_race_is_no_refusal():
    assert not issubclass(LostRace, Refusal)
