"""The published kinds, and the grammar of tags."""

import pytest

from audit.tags import Kind, Outcome, is_field, is_kind, split_tag
from deployments.states import State

# The list of version 1 (docs/reference/audit-events.md); none may ever be renamed.
PUBLISHED = [
    "build.received",
    "build.refused",
    "artifact.verified",
    "artifact.mismatch",
    "evidence.added",
    "release.cut",
    "release.withdrawn",
    "deployment.denied",
    "deployment.baseline",
    "plan.computed",
    "approval.opened",
    "approval.voided",
    "vote.cast",
    "vote.refused",
    "window.changed",
    "freeze.changed",
    "hold.changed",
    "line.stopped",
    "config.proposed",
    "config.changed",
    "token.created",
    "token.revoked",
    "group.changed",
    "signin.failed",
    "break_glass.confirmed",
    "break_glass.opened",
    "break_glass.reviewed",
    "elevation.changed",
    "export.made",
    "log.sealed",
    "log.heartbeat",
]


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_kind_exists(name):
    assert name in set(Kind)


@pytest.mark.parametrize("state", list(State))
def test_every_state_of_a_deployment_has_a_kind(state):
    assert f"deployment.{state}" in set(Kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_follows_the_grammar(kind):
    assert is_kind(kind)


@pytest.mark.parametrize(
    "text", ["", "build", "Build.received", "build.", ".x", "a.b.c", "a.b ", "a" * 58 + ".bc"]
)
def test_other_words_are_no_kind(text):
    assert not is_kind(text)


def test_the_outcomes_are_the_published_three():
    assert [str(outcome) for outcome in Outcome] == ["allowed", "denied", "failed"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("deployment:dep_01", ("deployment", "dep_01")),
        ("group:release-managers", ("group", "release-managers")),
        ("environment:prod:eu", ("environment", "prod:eu")),
        ("log:log.example/audit", ("log", "log.example/audit")),
    ],
)
def test_a_tag_is_a_word_and_a_name(text, parts):
    assert split_tag(text) == parts


@pytest.mark.parametrize(
    "text", ["", "deployment", "deployment:", ":dep", "a b:c", "a:b c", "a:b\n", "A:b", "a:" + "x" * 181]
)
def test_everything_else_is_refused(text):
    with pytest.raises(ValueError, match="not a tag"):
        split_tag(text)


@pytest.mark.parametrize(
    ("text", "answer"), [("comment", True), ("a1_b", True), ("", False), ("1a", False), ("A", False)]
)
def test_private_fields_have_plain_names(text, answer):
    assert is_field(text) is answer
