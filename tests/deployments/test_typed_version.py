"""A page's typed version: exactly that version, blanks around it aside; never asked for where nothing is protected."""

import pytest

from deployments.typed_version import VersionNotTyped, check_typed


@pytest.mark.parametrize("typed", ["1.1.0", "  1.1.0", "1.1.0\t\n"])
def test_the_version_is_typed(typed):
    assert check_typed(typed, version="1.1.0", place="prod", protected=True) is None


@pytest.mark.parametrize(
    "typed", ["", "   ", "1.1", "1.1.00", "v1.1.0", "1 .1.0", "1.1.0 1.1.0", "prod", "1.1.0\x00", "１.１.０"]
)
def test_anything_else_is_refused_at_its_field(typed):
    with pytest.raises(VersionNotTyped) as caught:
        check_typed(typed, version="1.1.0", place="prod", protected=True)
    refusal = caught.value
    detail = "prod is protected: type the version, 1.1.0, exactly as it stands here."
    assert (refusal.status, refusal.code, refusal.detail) == (422, "version_not_typed", detail)
    assert refusal.errors == [{"pointer": "/typed_version", "code": "version_not_typed", "detail": detail}]
    assert refusal.denial is None


def test_a_capital_is_another_letter():
    with pytest.raises(VersionNotTyped):
        check_typed("1.1.0-RC1", version="1.1.0-rc1", place="prod", protected=True)


@pytest.mark.parametrize("typed", ["", "nonsense"])
def test_a_place_that_is_not_protected_asks_for_nothing(typed):
    assert check_typed(typed, version="1.1.0", place="dev", protected=False) is None


def test_who_was_not_asked_by_a_page_needs_to_type_nothing():
    assert check_typed(None, version="1.1.0", place="prod", protected=True) is None
