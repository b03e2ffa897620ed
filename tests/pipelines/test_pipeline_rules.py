"""What must hold for a pipeline beyond its form."""

import pytest

from kernel.refusals import Invalid
from pipelines.pipeline_rules import checked
from tests import people
from tests.pipelines import places

pytestmark = pytest.mark.django_db


@pytest.fixture
def payments():
    people.person("omar", groups=["payments-owners"])
    people.person("rita", groups=["keys"])
    for name in ("dev", "staging"):
        places.environment(name)
    places.environment("prod", slots=[("keys", 1)], protected=True)
    return people.application("payments")


def _errors(application, source: str) -> list[dict]:
    with pytest.raises(Invalid) as refusal:
        checked(application, source)
    return refusal.value.errors


def test_a_good_pipeline_becomes_a_specification(payments):
    spec = checked(payments, places.source(slots={"prod": [("@owners", 1)]}))
    assert spec.application == "payments"
    assert [stage.environment for stage in spec.stages] == ["dev", "staging", "prod"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ('{Stage: "a\\0b"}', "not_text"),
        ('{"K\\0": b}', "not_text"),
        ('{"K\\n": b}', "value_invalid"),
        ('{"": b}', "value_invalid"),
        (f"{{{'n' * 256}: b}}", "value_invalid"),
        (f"{{K: {'n' * 4097}}}", "value_invalid"),
        (f"{{{', '.join(f'K{n}: b' for n in range(201))}}}", "value_invalid"),
    ],
)
def test_parameters_that_no_template_has_are_refused_with_their_line(payments, parameters, code):
    stack = "stack: payments-dev"
    source = places.source()
    assert stack in source
    (error,) = _errors(payments, source.replace(stack, f"{stack}, parameters: {parameters}", 1))
    assert (error["code"], error["line"]) == (code, 4)


def test_a_form_ends_where_the_text_ends(payments):
    source = places.source().replace("stack: payments-dev", 'stack: "payments-dev\\n"', 1)
    assert [error["code"] for error in _errors(payments, source)] == ["value_invalid"]


def _with_path(path: str) -> str:
    return places.source() + f"expedited:\n  - {path}\n"


def test_groups_of_a_path_must_exist_and_be_able_to_fill_it(payments):
    missing = "{environment: prod, skip: [staging], slots: [{group: nobody}]}"
    (error,) = _errors(payments, _with_path(missing))
    assert (error["code"], error["pointer"]) == ("group_unknown", "/expedited/0/slots/0/group")
    short = "{environment: prod, skip: [staging], slots: [{group: keys}]}"
    (error,) = _errors(payments, _with_path(short))
    assert (error["code"], error["pointer"], error["line"]) == (
        "gate_unsatisfiable",
        "/expedited/0/environment",
        len(places.source().splitlines()) + 2,
    )
    assert "on the expedited path" in error["detail"]
    fine = "{environment: prod, skip: [staging], slots: [{group: '@owners'}]}"
    assert [path.skip for path in checked(payments, _with_path(fine)).expedited] == [["staging"]]


def test_stages_may_skip_environments_but_not_go_back(payments):
    assert len(checked(payments, places.source(environments=("dev", "prod"))).stages) == 2
    (error,) = _errors(payments, places.source(environments=("staging", "dev", "prod")))
    assert error["code"] == "stage_cycle"
    assert (error["pointer"], error["line"], error["column"]) == ("/stages/1/environment", 5, 18)
    assert "dev → staging → dev" in error["detail"]


def test_an_unknown_group_is_named_with_its_place(payments):
    (error,) = _errors(payments, places.source(slots={"staging": [("@owners", 1), ("nobody", 1)]}))
    assert (error["code"], error["pointer"], error["line"]) == (
        "group_unknown",
        "/stages/1/slots/1/group",
        7,
    )


def test_what_a_stage_adds_is_added_to_the_environments_gate(payments):
    (error,) = _errors(payments, places.source(slots={"prod": [("keys", 1)]}))
    assert (error["code"], error["pointer"], error["groups"]) == (
        "gate_unsatisfiable",
        "/stages/2/environment",
        ["keys"],
    )
    assert error["line"] == 7


def test_an_archived_environment_is_unknown(payments):
    places.environment("prod").__class__.objects.filter(pk="staging").update(archived_at=people.EPOCH)
    (error,) = _errors(payments, places.source())
    assert (error["code"], error["pointer"]) == ("unknown_environment", "/stages/1/environment")
