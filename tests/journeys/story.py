"""The acceptance story, told once over HTTP against whatever place runs the product (see test_acceptance.py)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Protocol

from aws.sandbox.client import SandboxControl
from releasegate.demo import fixtures
from tests.journeys.wire import Answer, Api, until

APPLICATION = "payments"
PROD = "333333333333"
COMMENT = "Checked the change set with the team."
FAILING_SMOKE = 'test "$RELEASEGATE_ENVIRONMENT" != prod\n'


class Place(Protocol):
    """Where the story plays: a running product with the demo company in it."""

    control: SandboxControl
    artifacts: dict

    def person(self, username: str) -> Api: ...
    def ci(self, application: str) -> Api: ...
    def put(
        self, key: str, data: bytes
    ) -> dict: ...  # into the artifact bucket: uri, version_id, digest, size
    def tamper(self, comment: str) -> str: ...  # as superuser, one sealed vote's comment; the event's id
    def crash_between_create_and_execute(self, go) -> None: ...  # go() lets the deployment start


def post_of(version: str, artifacts: list[dict]) -> dict:
    commit = {"author": "dana@acme.example", "message": "Round half up", "ticket": "PAY-77"}
    sha = version.replace(".", "").rjust(40, "a")
    return {
        "application": APPLICATION,
        "version": version,
        "commit": sha,
        "branch": "main",
        "repository": "https://git.acme.example/payments",
        "submitter": "lena@acme.example",
        "artifacts": artifacts,
        "commits": [{"sha": sha, **commit}],
    }


def ask(place: Place, version: str, environment: str) -> dict:
    """dana asks; what the deployment is once AWS was asked for its plan."""
    dana = place.person("dana")
    made = dana.post(
        "/deployments", {"application": APPLICATION, "version": version, "environment": environment}
    )
    return settled(place, made["id"], lambda row: row["state"] not in ("requested", "planning"))


def settled(place: Place, deployment: str, condition, seconds: float = 40) -> dict:
    def look():
        row = place.person("dana").get(f"/deployments/{deployment}")
        return condition(row) and row

    return until(look, seconds=seconds, what=f"{deployment} gets there")


def ended(place: Place, deployment: str) -> dict:
    return settled(place, deployment, lambda row: row["ended_at"])


def vote(who: Api, row: dict, decision: str = "approve", content_hash: str = "") -> Answer:
    approval = row["approval"]
    body = {"decision": decision, "content_hash": content_hash or approval["content_hash"]}
    return who.ask("POST", f"/approvals/{approval['id']}/votes", {**body, "comment": COMMENT})


def approve(place: Place, row: dict, *usernames: str) -> None:
    for username in usernames:
        answer = vote(place.person(username), row)
        assert answer.status == 201, (username, answer.text)


def promote(place: Place, version: str) -> None:
    """To dev by itself, to staging with one key."""
    for environment, voters in (("dev", ()), ("staging", ("rita",))):
        row = ask(place, version, environment)
        approve(place, row, *voters)
        assert ended(place, row["id"])["state"] == "succeeded", environment


def twenty_identical_posts_make_one_build(place: Place, version: str) -> None:
    """Step 1."""
    body = post_of(version, place.artifacts[APPLICATION]["1.1.0"])
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: place.ci(APPLICATION).ask("POST", "/builds", body), range(20)))
    assert sorted(answer.status for answer in answers) == [200] * 19 + [201], [a.text for a in answers]
    assert [answer.body["created"] for answer in answers].count(True) == 1
    (build,) = {answer.body["id"] for answer in answers}
    events = place.person("aude").get("/audit/events", subject=f"build:{build}", kind="build.received")
    assert len(events["items"]) == 1
    other = post_of(version, place.artifacts[APPLICATION]["1.0.0"])
    conflict = place.ci(APPLICATION).ask("POST", "/builds", other)
    assert (conflict.status, conflict.code) == (409, "build_conflict")
    path = f"/builds/{build}"
    until(lambda: place.ci(APPLICATION).get(path)["state"] == "verified", what=f"{version} verified")


def a_freeze_is_named_from_the_start(place: Place, version: str) -> tuple[dict, str]:
    """Step 3: (the deployment, the freeze's id)."""
    today = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    freeze = place.person("admin").post(
        "/freezes",
        {
            "name": "Quarter end",
            "scope": {"environment": "prod"},
            "timezone": "UTC",
            "start": (today - timedelta(hours=1)).isoformat(),
            "end": (today + timedelta(hours=2)).isoformat(),
            "reason": "Books are being closed",
            "contact": "rita@acme.example",
        },
    )
    row = ask(place, version, "prod")
    assert row["state"] == "needs_approval"
    reasons = {reason["code"]: reason for reason in row["reasons"]}
    assert set(reasons) == {"approval_needed", "freeze"}
    assert reasons["freeze"]["until"] == (today + timedelta(hours=2)).isoformat() + "Z"
    assert "Books are being closed" in reasons["freeze"]["text"] or "Quarter end" in reasons["freeze"]["text"]
    return row, freeze["id"]


def the_requester_cannot_approve(place: Place, row: dict) -> None:
    """Step 4."""
    refused = vote(place.person("dana"), row)
    assert (refused.status, refused.code) == (403, "separation_of_duties")
    assert refused.body["relation"] == "requester"
    events = place.person("aude").get(
        "/audit/events", kind="vote.refused", subject=f"approval:{row['approval']['id']}"
    )["items"]
    assert [event["outcome"] for event in events] == ["denied"]
    assert place.person("rita").get(f"/approvals/{row['approval']['id']}")["votes"] == []


def filled(place: Place, row: dict) -> dict[str, list[str]]:
    approval = place.person("dana").get(f"/deployments/{row['id']}")["approval"]
    return {slot["group"]: slot["filled_by"] for slot in approval["slots"]}


def two_people_of_two_groups_approve(place: Place, row: dict) -> None:
    """Step 5: rosa is in both groups and still fills one slot."""
    first = vote(place.person("rosa"), row)
    assert (first.status, first.body["approval_state"]) == (201, "open")
    assert sorted(len(names) for names in filled(place, row).values()) == [0, 1]
    again = vote(place.person("rosa"), row)
    assert (again.status, again.code) == (409, "already_voted")
    second = vote(place.person("rita"), row)
    assert (second.status, second.body["approval_state"]) == (201, "satisfied")
    assert filled(place, row) == {"release-managers": ["rita"], "payments-owners": ["rosa"]}
    now = settled(place, row["id"], lambda one: one["state"] == "waiting")
    assert (now["waiting_for"], [reason["code"] for reason in now["reasons"]]) == ("window", ["freeze"])


def a_changed_parameter_voids_the_votes(place: Place, row: dict) -> dict:
    """Step 6: the deployment once both have approved again."""
    before = row["approval"]["content_hash"]
    path = f"/deployments/{row['id']}"
    refused = place.person("rita").ask("PATCH", path, {"parameters": {"Stage": "prod-blue"}})
    assert refused.status == 403, "only the requester may change what was asked"
    place.person("dana").patch(path, {"parameters": {"Stage": "prod-blue"}})

    def bound_anew(one):
        approval = one["approval"]
        return one["state"] == "needs_approval" and approval["content_hash"] != before and one

    now = settled(place, row["id"], bound_anew)
    assert (now["approval"]["id"], now["plan"]["state"]) == (row["approval"]["id"], "ready")
    votes = place.person("rita").get(f"/approvals/{row['approval']['id']}")["votes"]
    assert [(one["by"], one["void"], one["slot"]) for one in votes] == [
        ("rosa", True, None),
        ("rita", True, None),
    ]
    assert all("parameters" in " ".join(one["changed_fields"]) for one in votes), votes
    stale = vote(place.person("rita"), now, content_hash=before)
    assert (stale.status, stale.code) == (409, "content_changed")
    approve(place, now, "rosa", "rita")
    return settled(place, row["id"], lambda one: one["state"] == "waiting")


def killed_in_the_middle_it_goes_on_and_executes_once(place: Place, row: dict, freeze: str) -> None:
    """Steps 7 and 8: it starts by itself when two administrators lifted the freeze, and its worker dies under it."""
    change = place.person("admin").delete(f"/freezes/{freeze}?reason=The+books+are+closed")["change"]
    own = place.person("admin").ask("POST", f"/changes/{change['id']}/confirm", {})
    assert (own.status, own.code) == (403, "self_approval")

    def lift():
        place.person("iris").post(f"/changes/{change['id']}/confirm", {"reason": "The books are closed"})

    place.crash_between_create_and_execute(lift)
    done = ended(place, row["id"])
    assert (done["state"], done["approval"]["state"]) == ("succeeded", "consumed")
    assert done["aws_identity"]["account"] == PROD
    events = place.person("aude").get("/audit/events", subject=f"deployment:{row['id']}", limit=200)["items"]
    kinds = [event["kind"] for event in events]
    assert (kinds.count("deployment.running"), kinds.count("deployment.succeeded")) == (1, 1)


def stack_of(place: Place) -> dict:
    stacks = place.control.listings()[PROD]["stacks"]
    return next(stack for stack in stacks if stack["name"] == "payments-prod")


def failing_tests(place: Place, version: str) -> list[dict]:
    """Artifacts whose tests fail in prod, and a function that differs from what runs there."""
    bundle = fixtures.archive(
        {
            "releasegate/tests.yaml": fixtures.TESTS_YAML,
            "releasegate/smoke.yml": fixtures.SMOKE_YML,
            "releasegate/smoke.sh": fixtures.SMOKE_SH + FAILING_SMOKE,
        }
    )
    made = {
        "tests": ("test-bundle", bundle),
        "function": ("lambda-zip", fixtures.payments_function(version)),
        "template": ("cloudformation-template", fixtures.payments_template(version)),
    }
    return [
        {"name": name, "kind": kind, **place.put(f"payments/{version}/{name}", data)}
        for name, (kind, data) in made.items()
    ]


def a_failing_smoke_test_rolls_back_and_verifies(place: Place, good: str, version: str) -> dict:
    """Step 9: the deployment that was rolled back to `good`."""
    build = place.ci(APPLICATION).post("/builds", post_of(version, failing_tests(place, version)))
    path = f"/builds/{build['id']}"
    until(lambda: place.ci(APPLICATION).get(path)["state"] == "verified", what="verified")
    promote(place, version)
    row = ask(place, version, "prod")
    before = stack_of(place)
    place.control.reset_counts()
    approve(place, row, "rita", "omar")
    done = ended(place, row["id"])
    assert (done["state"], done["rolled_back_to"]) == ("rolled_back", good)
    steps = [(step["kind"], step["state"]) for step in done["steps"]][5:]
    assert steps == [("apply", "done"), ("test", "failed"), ("rollback", "done"), ("test", "done")]
    after = stack_of(place)
    assert after["parameters"] == before["parameters"]
    assert after["status"] == "UPDATE_COMPLETE"
    assert place.control.count("codebuild", "StartBuild", account=PROD) == 2, "the old tests run again"
    assert place.control.count("cloudformation", "ExecuteChangeSet", account=PROD) == 2
    board = place.person("rita").get("/board", application=APPLICATION, environment="prod")["items"]
    assert [(lane["version"], lane["in_progress"]) for lane in board] == [(good, None)]
    return done
