"""Who STS is told asked for a deployment: the sandbox takes the names that AWS takes."""

import re

import pytest

from deployments.engine.work import source_identity

STS_TAKES = re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}")  # STS API reference, AssumeRole, SourceIdentity


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("user:rita", "rita"),
        ("user:rita@acme.example", "rita@acme.example"),
        ("application:payments", "application=payments"),
        ("system:worker", "system=worker"),
        ("user:x", "x="),
        ("user:zoë of ops", "zo--of-ops"),
        ("user:" + "n" * 150, "n" * 64),
    ],
)
def test_whoever_asked_is_named_as_sts_takes_it(tag, said):
    assert source_identity(tag) == said
    assert STS_TAKES.fullmatch(said)


@pytest.mark.parametrize("tag", ["application:payments", "user:zoë"])
def test_a_session_for_whoever_asked_is_granted(sessions, target, tag):
    session = sessions.assume(target, session_name="rg-one-1", source_identity=source_identity(tag))
    assert session.identity()["account"] == target.account_id
