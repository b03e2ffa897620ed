import pytest

from pipelines.schema import PipelineSpec, SchemaProblems, StageSpec, parse

STACK = {
    "type": "object",
    "required": ["stack", "template"],
    "additionalProperties": False,
    "properties": {
        "stack": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"},
        "template": {"type": "string"},
        "parameters": {"type": "object", "additionalProperties": {"type": ["string", "integer", "boolean"]}},
        "capabilities": {"type": "array", "items": {"enum": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]}},
        "keep": {"type": "integer", "minimum": 1},
    },
}
KINDS = {"cloudformation-stack": STACK, "s3-site": {"type": "object", "additionalProperties": False}}
PUBLISHED = """application: payments
stages:
  - environment: dev
    target: {kind: cloudformation-stack, stack: payments-dev, template: template, parameters: {Stage: dev},
      capabilities: [CAPABILITY_IAM]}
    tests: required
  - environment: staging
    target: {kind: cloudformation-stack, stack: payments-staging, template: template, parameters: {Stage: staging}}
    tests: advisory
    soak: 60
  - environment: prod
    target: {kind: cloudformation-stack, stack: payments-prod, template: template}
    tests: none
    bake: 0
    slots: [{group: "@owners", count: 2}, {group: qa}]
"""


def found(text: str, **more) -> list[tuple]:
    with pytest.raises(SchemaProblems) as refused:
        parse(text, KINDS, **more)
    return [(problem.code, problem.pointer, problem.line) for problem in refused.value.problems]


def one(stage: str, **more) -> list[tuple]:
    """The problems of a pipeline whose only stage holds these lines (line 3 on) and else what is needed."""
    return found("application: payments\nstages:\n" + stage, **more)


def stage(*lines: str, environment="dev", target="{kind: s3-site}") -> str:
    head = ([f"environment: {environment}"] if environment else []) + (
        [f"target: {target}"] if target else []
    )
    return "  - " + "\n    ".join([*head, *lines]) + "\n"


def test_the_published_shape_is_read_with_its_defaults():
    spec = parse(PUBLISHED, KINDS)
    target = {"kind": "cloudformation-stack", "stack": "payments-prod", "template": "template"}
    assert isinstance(spec, PipelineSpec)
    assert spec.application == "payments"
    assert [s.environment for s in spec.stages] == ["dev", "staging", "prod"]
    assert spec.stages[0].target["parameters"] == {"Stage": "dev"}
    assert (spec.stages[1].tests, spec.stages[1].soak, spec.stages[1].bake) == ("advisory", 60, 0)
    assert spec.stages[2] == StageSpec(
        "prod", target, "none", 0, 0, [{"group": "@owners", "count": 2}, {"group": "qa", "count": 1}]
    )


def test_the_stored_form_holds_every_key_of_every_stage():
    assert parse("application: a\nstages:\n" + stage(), KINDS).as_dict() == {
        "stages": [
            {
                "environment": "dev",
                "target": {"kind": "s3-site"},
                "tests": "required",
                "soak": 0,
                "bake": 0,
                "slots": [],
            }
        ]
    }


def test_a_stage_that_says_nothing_of_tests_requires_them():
    assert parse("application: a\nstages:\n" + stage(), KINDS).stages[0].tests == "required"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("type_invalid", "", 1)]),
        ("application: a", [("required", "", 1)]),
        ("stages: []", [("required", "", 1), ("length_invalid", "/stages", 1)]),
        ("application: 3\nstages: {}", [("type_invalid", "/application", 1), ("type_invalid", "/stages", 2)]),
        (
            "application: a\nstages:\n  - dev\n",
            [("type_invalid", "/stages/0", 3)],
        ),
        ("application: a\nname: b\nstages:\n" + stage(), [("unknown_field", "/name", 2)]),
        ("application: a\napplication: b\nstages:\n" + stage(), [("duplicate_key", "", 2)]),
        ("application: a\nstages:\n" + stage() * 51, [("length_invalid", "/stages", 3)]),
        ("application: &a a\nstages: *a", [("alias_refused", "/application", 1)]),
        ("application: a\nstages: [\n", [("yaml_invalid", "", 3)]),
        ("x" * 300_000, [("too_large", "", 1)]),
    ],
)
def test_what_is_wrong_with_the_whole_is_named(text, expected):
    problems = found(text)
    assert [p for p in problems if p[0] != "duplicate_environment"] == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (stage(environment=None), [("required", "/stages/0", 3)]),
        (stage(target=None), [("required", "/stages/0", 3)]),
        (stage(environment="Dev"), [("name_invalid", "/stages/0/environment", 3)]),
        (stage(environment="3"), [("name_invalid", "/stages/0/environment", 3)]),
        (stage(environment="[dev]"), [("name_invalid", "/stages/0/environment", 3)]),
        (stage("gate: none"), [("unknown_field", "/stages/0/gate", 5)]),
        (stage("tests: maybe"), [("value_invalid", "/stages/0/tests", 5)]),
        (stage("tests: [required]"), [("value_invalid", "/stages/0/tests", 5)]),
        (stage("tests: true"), [("value_invalid", "/stages/0/tests", 5)]),
        (stage("soak: -1"), [("value_invalid", "/stages/0/soak", 5)]),
        (stage("soak: 1h"), [("type_invalid", "/stages/0/soak", 5)]),
        (stage("bake: true"), [("type_invalid", "/stages/0/bake", 5)]),
        (stage("bake: 2592001"), [("value_invalid", "/stages/0/bake", 5)]),
        (stage("slots: 3"), [("type_invalid", "/stages/0/slots", 5)]),
        (
            stage("slots: [qa]"),
            [("type_invalid", "/stages/0/slots/0", 5)],
        ),
        (stage("slots: [{group: qa, count: 0}]"), [("value_invalid", "/stages/0/slots/0/count", 5)]),
        (stage("slots: [{group: qa, count: -1}]"), [("value_invalid", "/stages/0/slots/0/count", 5)]),
        (stage("slots: [{group: 3}]"), [("name_invalid", "/stages/0/slots/0/group", 5)]),
        (stage("slots: [{group: qa, remove: true}]"), [("unknown_field", "/stages/0/slots/0/remove", 5)]),
        (stage(target="s3-site"), [("type_invalid", "/stages/0/target", 4)]),
        (stage(target="{}"), [("required", "/stages/0/target", 4)]),
        (stage(target="{kind: ftp}"), [("unknown_kind", "/stages/0/target/kind", 4)]),
        (stage(target="{kind: [s3-site]}"), [("unknown_kind", "/stages/0/target/kind", 4)]),
        (stage(target="{kind: s3-site, bucket: x}"), [("unknown_field", "/stages/0/target/bucket", 4)]),
        (stage(target="{kind: cloudformation-stack, stack: a}"), [("required", "/stages/0/target", 4)]),
        (
            stage(target="{kind: cloudformation-stack, stack: A_, template: t}"),
            [("value_invalid", "/stages/0/target/stack", 4)],
        ),
        (
            stage(target="{kind: cloudformation-stack, stack: 3, template: t}"),
            [("type_invalid", "/stages/0/target/stack", 4)],
        ),
        (
            stage(target="{kind: cloudformation-stack, stack: a, template: t, keep: 0}"),
            [("value_invalid", "/stages/0/target/keep", 4)],
        ),
        (
            stage(target="{kind: cloudformation-stack, stack: a, template: t, capabilities: [X]}"),
            [("value_invalid", "/stages/0/target/capabilities/0", 4)],
        ),
        (
            stage(
                target="{kind: cloudformation-stack, stack: a, template: t, parameters: {N: 9007199254740992}}"
            ),
            [("number_invalid", "/stages/0/target/parameters/N", 4)],
        ),
    ],
)
def test_what_is_wrong_with_a_stage_is_named_with_its_line(lines, expected):
    assert one(lines) == expected


def test_a_fraction_is_refused_because_an_approval_cannot_be_bound_to_it():
    text = stage(target="{kind: cloudformation-stack, stack: a, template: t, parameters: {Version: 1.10}}")
    assert ("number_invalid", "/stages/0/target/parameters/Version", 4) in one(text)


def test_a_second_stage_for_an_environment_is_named():
    assert one(stage() + stage()) == [("duplicate_environment", "/stages/1/environment", 5)]


def test_environments_and_the_application_are_checked_where_they_are_known():
    assert one(stage(), environments={"prod"}) == [("unknown_environment", "/stages/0/environment", 3)]
    assert one(stage(), application="storefront") == [("application_mismatch", "/application", 1)]
    assert (
        parse("application: a\nstages:\n" + stage(), KINDS, application="a", environments={"dev"}).application
        == "a"
    )


def test_all_problems_are_named_at_once_in_the_order_of_the_file():
    text = stage("soak: x", "wrong: 1", environment="DEV") + stage(environment="b", target="{kind: ftp}")
    assert [p[1] for p in one(text)] == [
        "/stages/0/environment",
        "/stages/0/soak",
        "/stages/0/wrong",
        "/stages/1/target/kind",
    ]


SECRET = "AKIA" + "IOSFODNN7EXAMPLE"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (stage(target="{kind: s3-site, token: %s}"), ("/stages/0/target/token", 4)),
        (stage("# %s"), ("", 5)),
        (stage(environment="%s"), ("/stages/0/environment", 3)),
        (stage("%s: 1"), ("/stages/0", 3)),
        (stage("slots: [{group: x%s}] # %s"), ("/stages/0/slots/0/group", 5)),
    ],
)
def test_a_secret_anywhere_is_the_only_answer_and_is_never_repeated(text, place):
    with pytest.raises(SchemaProblems) as refused:
        parse("application: payments\nstages:\n" + text.replace("%s", SECRET), KINDS)
    assert [(p.code, p.pointer, p.line) for p in refused.value.problems] == [("secret_in_parameters", *place)]
    assert SECRET not in str(refused.value) + repr(refused.value.problems)


def test_a_value_that_breaks_the_schema_is_not_repeated_either():
    with pytest.raises(SchemaProblems) as refused:
        parse(
            "application: a\nstages:\n"
            + stage(target="{kind: cloudformation-stack, stack: HUNTER2, template: t}"),
            KINDS,
        )
    assert "HUNTER2" not in str(refused.value)
