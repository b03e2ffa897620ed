"""A void vote says which fields changed, from what to what."""

from types import SimpleNamespace

from insights.reads.void import fields_in_words, void_rows

OLD = {
    "parameters": {"Size": "1", "Stage": "prod"},
    "pipeline_version": 3,
    "artifacts": [{"name": "t", "digest": "a"}],
}
NEW = {
    "parameters": {"Size": "2", "Stage": "prod"},
    "pipeline_version": 4,
    "artifacts": [{"name": "t", "digest": "b"}],
}


def test_only_what_differs_is_listed_with_both_values():
    vote = SimpleNamespace(content_hash="h1", changed_fields=["artifacts", "parameters", "pipeline_version"])
    request = SimpleNamespace(past_subjects={"h1": OLD}, subject=NEW)
    (row,) = void_rows(request, [vote])
    assert row["fields"] == "Artifacts, Parameters and Pipeline version"
    assert [(c["label"], c["before"], c["after"]) for c in row["changes"]] == [
        ("Artifacts, t", "a", "b"),
        ("Parameters, Size", "1", "2"),
        ("Pipeline version", "3", "4"),
    ]


def test_a_field_nobody_named_yet_and_a_lost_content_are_no_error():
    vote = SimpleNamespace(content_hash="gone", changed_fields=["new_thing"])
    (row,) = void_rows(SimpleNamespace(past_subjects={}, subject={"new_thing": 1}), [vote])
    assert (row["fields"], row["changes"][0]["before"]) == ("new thing", "none")
    assert fields_in_words([]) == "what was approved"


def test_a_member_of_a_member_stands_on_a_line_of_its_own_and_never_as_code():
    old = {"parameters": {"stage": {"Size": "1"}, "request": {"Stage": "prod"}}, "plan_digest": "sha256:1"}
    new = {
        "parameters": {"stage": {"Size": "1"}, "request": {"Stage": "eu", "X": ""}},
        "plan_digest": "sha256:1",
    }
    vote = SimpleNamespace(content_hash="h1", changed_fields=["parameters", "plan_digest"])
    (row,) = void_rows(SimpleNamespace(past_subjects={"h1": old}, subject=new), [vote])
    assert row["fields"] == "Parameters and Plan"
    assert [(c["label"], c["before"], c["after"]) for c in row["changes"]] == [
        ("Parameters, request, Stage", "prod", "eu"),
        ("Parameters, request, X", "none", ""),
    ], "the plan is what it was again"
