"""What each write is sent: a body that is right in everything, so that nothing but who asks decides the answer."""

from tests.builds.posts import post
from tests.census.town import FREEZE, WINDOW
from tests.deployments.broken import WHY
from tests.deployments.world import pipeline_source

REASON = {"reason": "Looked at it with care."}
TOKEN = {"label": "census", "scopes": ["read"], "expires_in": 3_600}
PLACE = {"application": "{application}", "version": "{version}", "environment": "prod"}
OLD = {"application": "{application}", "version": "{old_version}", "environment": "staging"}
GLASS = {"reason": WHY, "incident": "INC-7"}
VOTE = {"decision": "reject", "content_hash": "{content_hash}", "comment": "Not tonight, please."}
DEV = pipeline_source("payments", {"dev": {}})

API = {
    "POST /applications": {"name": "ledger", "team": "web", "owners_group": "web-owners"},
    "POST /applications/{application}/tokens": TOKEN,
    "POST /groups": {"name": "newcomers", "members": ["zoe"]},
    "PUT /groups/{group}/members": {"members": ["zoe"]},
    "POST /delegations": {
        "group": "idle",
        "to": "zoe",
        "until": "2099-01-01T00:00:00Z",
        "reason": "On holiday.",
    },
    "POST /people": {"username": "nora", "email": "nora@acme.example", "name": "Nora", "roles": ["auditor"]},
    "PUT /people/{person}/roles": {"roles": ["window_manager"]},
    "POST /people/{person}/deactivate": REASON,
    "POST /people/{leaver}/reactivate": REASON,
    "POST /people/{person}/tokens": TOKEN,
    "POST /teams": {"name": "ledger", "members": ["zoe"]},
    "POST /accounts": {
        "account_id": "444444444444",
        "alias": "attic",
        "regions": ["eu-west-1"],
        "deploy_role_arn": "arn:aws:iam::444444444444:role/deploy",
        "pool": "main",
    },
    "POST /changes/{change}/confirm": {},
    "POST /changes/{change}/reject": REASON,
    "POST /environments": {"name": "attic", "account": "111111111111", "region": "eu-west-1", "rank": 5},
    "PATCH /environments/{environment}": {"version": 2, "rank": 21},
    "POST /freezes": FREEZE,
    "PATCH /freezes/{freeze}": {"version": 1, "reason": "Nobody is here, truly."},
    "POST /windows": WINDOW,
    "PATCH /windows/{window}": {"version": 1, "name": "Late nights"},
    "PUT /pipelines/{application}": {"source": DEV, "version": 2},
    "POST /pipelines/{application}/validate": {"source": DEV},
    "POST /builds": {**post("1.9.0"), "application": "{application}"},
    "POST /builds/{build}/withdraw": REASON,
    "POST /releases": {"application": "{application}", "version": "{spare}"},
    "POST /releases/{application}/{version}/withdraw": REASON,
    "POST /accounts/{account}/test": {},
    "POST /deployments": OLD,
    "POST /deployments/baseline": {**PLACE, "environment": "staging", **REASON},
    "PATCH /deployments/{deployment}": {"parameters": {"Size": "2"}},
    "POST /deployments/{deployment}/cancel": REASON,
    "POST /deployments/{stuck}/resolve": {"outcome": "failed", **REASON},
    "POST /break-glass": {**PLACE, **GLASS},
    "POST /break-glass/{waiting_glass}/confirm": {},
    "POST /break-glass/{glass}/review": {"finding": "It was right."},
    "POST /approvals/{approval}/votes": VOTE,
    "POST /approvals/{approval}/statement": {"decision": "approve", "content_hash": "{content_hash}"},
    "POST /audit/exports": {"format": "csv"},
}

FORMS = {
    "POST /settings/theme": {"theme": "dark"},
    "POST /settings/zone": {"zone": "Europe/Berlin"},
    "POST /delegations/make": {"group": "idle", "to": "zoe", "until": "2099-01-01T00:00", **REASON},
    "POST /delegations/{delegation}/end": REASON,
    "POST /changes/{change}/confirm": REASON,
    "POST /changes/{change}/reject": REASON,
    "POST /break-glass/open": {
        **PLACE,
        **GLASS,
        "hours": "1",
        "skip": "people",
        "confirmation": "prod",
    },
    "POST /break-glass/{waiting_glass}/confirm": {},
    "POST /break-glass/{glass}/review": {"finding": "It was right."},
    "POST /approvals/{approval}/vote": {**VOTE, "typed_version": "{version}"},
    "POST /deployments/request": {**OLD, "typed_version": "{old_version}"},
    "POST /deployments/{deployment}/cancel": REASON,
    "POST /deployments/{stuck}/resolve": {"outcome": "failed", **REASON},
}
