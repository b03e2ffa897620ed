"""Invented content for `templates/styleguide.html`: every component, every state of the vocabulary."""

from datetime import UTC, datetime, timedelta

from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message

from insights.vocabulary import KINDS

NOW = datetime(2026, 11, 24, 2, 58, tzinfo=UTC)
DIGEST = "sha256:9f31c0a4be2d7a61c05f8e1d2b3c4a5968778695a4b3c2d1e0f9a8b7c6d5e4f3"
OTHER_DIGEST = "sha256:1c0a4be2d7a61c05f8e1d2b3c4a5968778695a4b3c2d1e0f9a8b7c6d5e4f39f3"


def ago(**length):
    return NOW - timedelta(**length)


def ahead(**length):
    return NOW + timedelta(**length)


class FreezeForm(forms.Form):
    """A form with each sort of field and with errors."""

    name = forms.CharField(help_text="What people will call it.")
    scope = forms.ChoiceField(choices=[("prod", "prod"), ("all", "Everything")])
    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}))
    tests = forms.BooleanField(required=False, label="Tests may still run")


def shell(**more) -> dict:
    """The context that every page inside the shell gets."""
    return {
        "me": {"username": "rita", "name": "Rita Ruiz", "roles": ["release manager"]},
        "inbox_count": 2,
        "strips": [
            {
                "kind": "demo",
                "icon": "flask-conical",
                "text": "This is the demo. The AWS behind it is a sandbox.",
            },
            {"kind": "freeze", "icon": "snowflake", "text": "Freeze in prod until Fri 27 Nov, 08:00 CET."},
        ],
        "zone": "Europe/Berlin",
        "theme": "auto",
        "nav_active": "inbox",
        "app_version": "0.1.0",
        "log_size": 1284,
        "log_checkpoint_at": ago(seconds=40),
        "request_id": "req_01JD5T",
        "now": NOW,
        **more,
    }


def _inbox():
    red = [
        {"text": "1 deletion", "icon": "trash-2", "tone": "danger"},
        {"text": "1 replacement", "icon": "replace", "tone": "danger"},
        {"text": "IAM widened", "icon": "shield-alert", "tone": "attention"},
        {"text": "12/12 checks", "icon": "list-checks", "tone": "ok"},
    ]
    common = {"by": "dana", "at": ago(minutes=14), "expires": ahead(hours=9, minutes=12)}
    return [
        {
            "what": "payments 1.1.0",
            "environment": "prod",
            "summary": "3 commits, 4 resources change",
            "chips": red,
        }
        | {"pips": [True, False], "filled": 1, "total": 2, "urgent": True}
        | common,
        {"what": "storefront 1.1.0", "environment": "prod-eu", "summary": "1 commit, the site is switched"}
        | {"chips": red[3:], "pips": [False, False], "filled": 0, "total": 2}
        | common,
    ]


def _release():
    details = [{"path": "Properties.TableName", "before": "ledger", "after": "ledger-v2"}]
    return {
        "stops": [
            {"environment": "dev", "state": "succeeded", "at": ago(hours=30), "url": "#dev"},
            {"environment": "staging", "state": "succeeded", "at": ago(hours=4), "url": "#staging"},
            {"environment": "prod", "state": "needs_approval", "at": ago(minutes=14), "url": "#prod"},
            {"environment": "prod-eu", "state": None},
        ],
        "changes": [
            {"action": "Remove", "logical_id": "OldQueue", "type": "AWS::SQS::Queue", "replacement": None},
            {
                "action": "Modify",
                "logical_id": "Ledger",
                "type": "AWS::DynamoDB::Table",
                "replacement": "True",
            }
            | {"details": details},
            {
                "action": "Modify",
                "logical_id": "Function",
                "type": "AWS::Lambda::Function",
                "replacement": "False",
            },
            {"action": "Add", "logical_id": "DeadLetters", "type": "AWS::SQS::Queue", "replacement": None},
        ],
        "commits": [
            {"sha": "9f31c0a4be2d7a61", "title": "Refuse a refund larger than its payment", "author": "dana"}
            | {"ticket": "PAY-77", "url": "#commit"},
            {"sha": "41d0aa5be2d7a610", "title": "Move the ledger to its own table", "author": "dana"},
            {"sha": "c77e10a4be2d7a61", "title": "Round in the customer's favour", "author": "per"},
        ],
        "artifacts": [
            {
                "name": "template",
                "kind": "cloudformation-template",
                "digest": DIGEST,
                "old_digest": OTHER_DIGEST,
            }
            | {"size": 1843, "state": "verified", "change": "changed"},
            {
                "name": "function",
                "kind": "lambda-zip",
                "digest": OTHER_DIGEST,
                "size": 5120,
                "state": "mismatch",
            }
            | {"change": "added"},
            {"name": "tests", "kind": "test-bundle", "digest": DIGEST, "size": None, "state": "pending"},
        ],
    }


def _gate():
    reason = {"code": "outside_window", "text": "prod-eu is closed.", "until": ahead(days=1, hours=18)}
    reason["how_to_clear"] = (
        "It starts by itself when the window opens. A release manager can break the glass."
    )
    needed = {"code": "approval_needed", "text": "One more key is needed: payments-owners."}
    needed["how_to_clear"] = "omar or rosa can approve it."
    return {
        "slots": [
            {
                "group": "release-managers",
                "filled_by": [{"by": "rita", "at": ago(minutes=4), "comment": "Looks good."}],
            },
            {"group": "payments-owners", "filled_by": [], "open_places": [1], "candidates": ["omar", "rosa"]},
        ],
        "pips": [True, False],
        "checks": [
            {"name": "artifact", "state": "pass", "detail": "3 of 3 artifacts have the digest that CI gave."},
            {"name": "order", "state": "pass"},
            {
                "name": "standards",
                "state": "deny",
                "reasons": [{"code": "standard_failed", "text": "Coverage is 61 %."}],
            },
            {"name": "plan", "state": "not_reached"},
            {"name": "people", "state": "wait", "reasons": [needed]},
            {"name": "window", "state": "wait", "reasons": [reason]},
        ],
        "facts": [
            ("Content", DIGEST),
            ("Account", "333333333333"),
            ("Region", "eu-west-1"),
            ("Requested by", "dana"),
        ],
    }


def _deployment():
    kinds = ("verify-artifacts", "plan", "gate", "apply", "test", "bake", "rollback")
    states = ("done", "done", "done", "running", "waiting", "pending", "skipped")
    steps = [
        {"kind": k, "state": s, "seconds": 12 * i} for i, (k, s) in enumerate(zip(kinds, states, strict=True))
    ]
    steps[3]["detail"] = "UPDATE_IN_PROGRESS: Ledger (AWS::DynamoDB::Table)"
    steps.append({"kind": "test again", "state": "failed", "detail": "2 of 14 tests failed", "seconds": 61})
    lines = [{"number": n, "text": f"02:5{n % 10}:12 UPDATE_IN_PROGRESS Ledger"} for n in range(1, 15)]
    lines[8] |= {"level": "error", "text": "02:59:12 Resource handler returned message: table is in use"}
    return {"steps": steps, "lines": lines}


def _board():
    def cell(environment, version, **more):
        return {"environment": environment, "version": version, "since": ago(days=12), **more}

    waiting = {"next": "1.1.0", "state": "needs_approval"}
    return {
        "places": [
            {"name": "dev", "account": "111111111111"},
            {"name": "staging", "account": "222222222222"},
            {"name": "prod", "account": "333333333333"},
            {"name": "prod-eu", "account": "333333333333"},
        ],
        "board": [
            {
                "name": "payments",
                "team": "Payments",
                "cells": [
                    cell("dev", "1.1.0"),
                    cell("staging", "1.1.0"),
                    cell("prod", "1.0.0", behind="3 commits", behind_what="staging", **waiting),
                    cell("prod-eu", "1.0.0"),
                ],
            },
            {
                "name": "storefront",
                "team": "Web",
                "cells": [
                    cell("dev", "1.1.0", next="1.2.0", state="running"),
                    cell("staging", "1.1.0"),
                    cell("prod", "1.0.0"),
                    cell("prod-eu", None, next="1.1.0", state="waiting", why="window"),
                ],
            },
        ],
        "openings": [
            {"environment": "prod", "state": "open", "verdict": "Open all day.", "more": "Daily, 24 h, UTC"},
            {"environment": "prod-eu", "state": "closed", "verdict": "Closed. Next opening"}
            | {"at": ahead(days=1, hours=18), "more": "Wednesdays 22:00 for 1 h, Europe/Berlin"},
        ],
    }


def context(**more) -> dict:
    """Everything the style guide shows."""
    return {
        **shell(),
        **_release(),
        **_gate(),
        **_deployment(),
        **_board(),
        "here": "#main",
        "messages": [Message(constants.SUCCESS, "Your key is turned. It starts when omar turns his.")],
        "inbox": _inbox(),
        "vocabulary": [(kind, list(states)) for kind, states in KINDS.items()],
        "chips": [
            {"text": tone or "plain", "tone": tone, "icon": "tag"}
            for tone in ("", "ok", "progress", "waiting", "attention", "danger")
        ],
        "columns": [{"label": "Deployment"}, {"label": "State"}, {"label": "Took"}],
        "rows": [
            ["payments 1.1.0 → staging", "Deployed", "6 m 12 s"],
            ["storefront 1.1.0 → dev", "Failed", "41 s"],
        ],
        "events": [
            {
                "at": ago(minutes=4),
                "actor": "rita",
                "text": "Approved for release-managers",
                "icon": "key-round",
                "comment": "Looks good.",
            },
            {
                "at": ago(minutes=14),
                "actor": "dana",
                "text": "Requested payments 1.1.0 to prod",
                "state": "requested",
            },
            {"at": ago(hours=4), "actor": "ci:payments", "text": "Deployed to staging", "state": "succeeded"},
        ],
        "form": FreezeForm({"name": "", "scope": "prod"}),
        **more,
    }
