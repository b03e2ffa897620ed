"""What must hold after every fault, whatever it was: the one place where it is asserted (see `hold`).

AWS counted each mutation once · the deployment ended as it claims and AWS agrees · the log has an intent before and
a result after each effect · nothing was changed before the start was decided · nobody holds anything any more · the
verifier, which runs none of our server, says OK.
"""

from collections import Counter
from pathlib import Path

from releasegate.demo import company, fixtures
from tests.faults.ground import Ground
from tests.journeys.proof import sealed_bundle, verify
from tests.journeys.stack import REGION
from tests.journeys.wire import until

ONCE = {
    "payments": {
        ("cloudformation", "CreateChangeSet"): 1,
        ("cloudformation", "ExecuteChangeSet"): 1,
        ("codebuild", "StartBuild"): 1,
    },
    "storefront": {("codebuild", "StartBuild"): 1},
}


def hold(ground: Ground, deployment: str, folder: Path) -> dict:
    """Assert all of it for a deployment that must have succeeded; its row."""
    row = ground.ended(deployment)
    assert row["state"] == "succeeded", (row["state"], row["reasons"], log_of(ground, deployment))
    until(lambda: cleaned(ground, deployment), what="cleaned up", seconds=20)
    account = company.ACCOUNTS[company.ENVIRONMENTS[row["environment"]]["account"]]
    made = [one for one in ground.control.mutations() if one["account"] == account and one["effective"]]
    each_mutation_once(row, made)
    aws_agrees(ground, row, account)
    leaves = sealed_events(ground, deployment)
    every_effect_is_on_record(ground, deployment, made, leaves)
    nothing_before_the_start(leaves)
    nobody_holds_anything(ground, deployment)
    checked = verify(folder, sealed_bundle(ground), ground.person("aude").text("/audit/key"))
    assert (checked.returncode, checked.stdout[:2]) == (0, "OK"), checked.stdout + checked.stderr
    return row


def each_mutation_once(row: dict, made: list[dict]) -> None:
    counted = Counter((one["service"], one["action"]) for one in made)
    wanted = ONCE[row["application"]]
    assert {key: counted[key] for key in wanted} == wanted, made
    again = Counter((one["service"], one["action"], one["target"], one["token"]) for one in made)
    assert [key for key, times in again.items() if times > 1] == [], made
    assert set(counted) <= {*wanted, ("s3", "PutObject")}, made


def aws_agrees(ground: Ground, row: dict, account: str) -> None:
    """What the deployment and the board claim is what runs there."""
    application, version, environment = row["application"], row["version"], row["environment"]
    if application == "payments":
        stacks = ground.control.listings()[account]["stacks"]
        (stack,) = [one for one in stacks if one["name"] == f"payments-{environment}"]
        assert stack["status"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        wanted = fixtures.digest(fixtures.payments_function(version)).removeprefix("sha256:")
        assert wanted in stack["parameters"]["FunctionKey"]
    else:
        s3 = ground.stack.aws_client("s3", account, REGION)
        head = s3.head_object(Bucket=f"storefront-{environment}-site", Key="index.html")
        assert head["Metadata"]["rg-version"] == version
    board = ground.person("rita").get("/board", application=application, environment=environment)["items"]
    assert [(lane["version"], lane["in_progress"]) for lane in board] == [(version, None)]


def sealed_events(ground: Ground, deployment: str) -> list[dict]:
    """All events of the deployment, by leaf, once all are sealed."""
    path = {"subject": f"deployment:{deployment}", "limit": 200}

    def all_sealed():
        items = ground.person("aude").get("/audit/events", **path)["items"]
        return all(item["leaf_index"] is not None for item in items) and items

    return sorted(until(all_sealed, what="its events are sealed"), key=lambda event: event["leaf_index"])


def every_effect_is_on_record(ground: Ground, deployment: str, made: list[dict], leaves: list[dict]) -> None:
    """An intent leaf before each effect, a leaf with its result after it, and no intent left open."""
    said = {"aws.intended": {}, "aws.recorded": {}}
    for event in leaves:
        for call in event["data"].get("calls", []) if event["kind"] in said else []:
            if event["kind"] == "aws.intended" or call["outcome"] == "done":
                said[event["kind"]].setdefault(call["token"], event["leaf_index"])
    statement = "SELECT api, token, target, outcome FROM deployments_intent WHERE deployment_id = %s"
    intents = ground.stack.sql(statement, deployment)
    assert [one for one in intents if one[3] != "done"] == []
    for one in made:
        api = f"{one['service']}.{one['action']}"
        fits = [
            token
            for name, token, target, _ in intents
            if name == api and (token == one["token"] or target == f"s3://{one['target']}")
        ]
        assert len(fits) == 1, ("a mutation without its intent", one)
        assert said["aws.intended"][fits[0]] < said["aws.recorded"][fits[0]], one


def nothing_before_the_start(leaves: list[dict]) -> None:
    """One start, one end; the change and the tests were intended after the start was decided."""
    kinds = [event["kind"] for event in leaves]
    assert (kinds.count("deployment.running"), kinds.count("deployment.succeeded")) == (1, 1), kinds
    start = kinds.index("deployment.running")
    for event in leaves[:start]:
        calls = {call["token"].rpartition("-")[2] for call in event["data"].get("calls", [])}
        assert not calls & {"exec", "switch"}, event


def nobody_holds_anything(ground: Ground, deployment: str) -> None:
    """No lease, no lane, nothing due: no zombie."""
    statement = "SELECT lease_owner, lease_until, next_attempt_at FROM deployments_deployment WHERE id = %s"
    until(
        lambda: ground.stack.sql(statement, deployment) == [("", None, None)], what="everything is given back"
    )
    holding = "SELECT count(*) FROM deployments_lane WHERE in_progress_id = %s"
    assert ground.stack.sql(holding, deployment) == [(0,)]


def cleaned(ground: Ground, deployment: str) -> bool:
    statement = "SELECT cleaned_at IS NOT NULL FROM deployments_deployment WHERE id = %s"
    return ground.stack.sql(statement, deployment) == [(True,)]


def log_of(ground: Ground, deployment: str) -> str:
    statement = 'SELECT text FROM deployments_deploymentlog WHERE deployment_id = %s ORDER BY "offset"'
    return "".join(text for (text,) in ground.stack.sql(statement, deployment))
