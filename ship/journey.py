"""Dev, staging, production: asked for by the CI, turned by the keys that the gate wants, proven at the end."""

import time
import urllib.request
from pathlib import Path

from releasegate.demo.client import ApiError, Client
from ship.desk import NAME
from ship.telling import Relgate, Surprise, Teller, expect

KEYS = {"dev": [], "staging": ["rita"], "prod": ["rita", "omar"]}  # who votes where
ASK, WAIT = ("--wait", "2m"), 60
DONE, STILL_WAITING = 0, 4


def bring(teller: Teller, relgate: Relgate, said: dict, version: str, environment: str) -> dict:
    """One stage, from the pre-check to the end of the tests. Returns the deployment."""
    release, keys = f"{NAME}@{version}", KEYS[environment]
    checked = relgate.run("gate", "check", release, "--to", environment, code=STILL_WAITING if keys else DONE)
    teller.came(_checked(checked))
    expect(
        "what the gate waits for",
        {why["code"] for why in checked["reasons"]},
        {"approval_needed"} if keys else set(),
    )
    waiting = relgate.start("deploy", release, "--to", environment, *ASK)
    try:
        if keys:
            _turn(teller, said, environment, keys)
        ended = relgate.finish(waiting)
    finally:
        if waiting.poll() is None:
            waiting.kill()
            waiting.communicate()
    expect(f"the end in {environment}", ended["state"], "succeeded")
    expect("the account", ended["aws_identity"]["account"], said["aws"]["accounts"][environment])
    teller.came(_ended(ended))
    return ended


def _checked(answer: dict) -> str:
    states = ", ".join(f"{check['name']} {check['state']}" for check in answer["checks"])
    reasons = "".join(f"\n  {why['code']}: {why['text']}" for why in answer["reasons"])
    return f"{answer['verdict']} ({states}){reasons}"


def _ended(row: dict) -> str:
    steps = ", ".join(f"{step['kind']} {step['state']}" for step in row["steps"])
    return f"{row['id']} {row['state']} as {row['aws_identity']['arn']}\n  {steps}"


def _turn(teller: Teller, said: dict, environment: str, keys: list[str]) -> None:
    """The votes. A person would look at the page; here a script holds their tokens, and says so."""
    row = _asked(said, environment)
    approval = row["approval"]
    files = [change["logical_id"] for change in row["plan"]["changes"]]
    teller.say(f"The plan: {row['plan']['state']}, {len(files)} change(s): {', '.join(files[:8])}")
    _refused(teller, said, approval)
    for name in keys:
        client = Client(said["url"], said["users"][name]["token"])
        teller.say(f"Nobody else is here: this script votes as {name}, with {name}'s personal token.")
        body = {"decision": "approve", "content_hash": approval["content_hash"], "comment": "Read the plan."}
        teller.sent(f"POST /approvals/{approval['id']}/votes {body}")
        vote = client.post(f"/approvals/{approval['id']}/votes", body)
        teller.came(f"{vote['id']} fills {vote['slot']}; the approval is {vote['approval_state']}")
        expect("the approval", vote["approval_state"], "satisfied" if name == keys[-1] else "open")


def _asked(said: dict, environment: str) -> dict:
    """The open request of ours, once it is planned."""
    client, end = Client(said["url"], said["users"]["rita"]["token"]), time.monotonic() + WAIT
    query = {"application": NAME, "environment": environment, "state": "needs_approval"}
    while not (found := client.get("/deployments", **query)["items"]):
        if time.monotonic() > end:
            raise Surprise(f"nothing waits for votes in {environment} after {WAIT} s")
        time.sleep(0.2)
    return client.get(f"/deployments/{found[0]['id']}")


def _refused(teller: Teller, said: dict, approval: dict) -> None:
    """The CI that asked may not answer."""
    body = {"decision": "approve", "content_hash": approval["content_hash"]}
    teller.sent(f"POST /approvals/{approval['id']}/votes, with the CI's own token")
    try:
        Client(said["url"], said["ci"]).post(f"/approvals/{approval['id']}/votes", body)
    except ApiError as error:
        expect("the refusal", (error.status, error.body["code"]), (403, "human_required"))
        teller.came(f"{error.status} {error.body['code']}: {error.body['detail']}")
        return
    raise Surprise("a machine was allowed to vote")


def look(teller: Teller, relgate: Relgate, version: str) -> None:
    """What runs where now."""
    rows = {item["environment"]: item["version"] for item in relgate.run("status", NAME)["items"]}
    teller.came(", ".join(f"{environment}: {rows.get(environment)}" for environment in KEYS))
    expect(
        "what runs",
        {environment: rows.get(environment) for environment in KEYS},
        dict.fromkeys(KEYS, version),
    )


def prove(teller: Teller, relgate: Relgate, said: dict, rows: list[dict], folder: Path) -> None:
    """Take the log away as the auditor, and check it with nothing but Python and the key."""
    aude = Client(said["url"], said["users"]["aude"]["token"])
    end = time.monotonic() + WAIT
    while aude.get("/audit/events", limit=1)["items"][0]["leaf_index"] is None:
        if time.monotonic() > end:
            raise Surprise(f"the newest event is not sealed after {WAIT} s")
        time.sleep(0.2)
    for path, name in (("/audit/key", "log.key"), ("/audit/bundle", "log.rgaudit")):
        teller.sent(f"GET {path}, as aude (auditor)")
        (folder / name).write_bytes(_download(aude, path))
        teller.came(f"{(folder / name).stat().st_size} bytes")
    found = relgate.run("verify", str(folder / "log.rgaudit"), "--key", str(folder / "log.key"))
    facts = "leaves {leaves}, gated starts {gated_starts}, signed root {root}"
    teller.came("OK: " + facts.format(**found))
    gated = sum(row["approval"] is not None for row in rows)
    if not found["ok"] or found["gated_starts"] < gated:
        raise Surprise(
            f"the log proves {found['gated_starts']} gated starts, and there were at least {gated}"
        )


def _download(client: Client, path: str) -> bytes:
    head = {"Authorization": f"Bearer {client.token}"}
    request = urllib.request.Request(f"{client.url}/api/v1{path}", headers=head)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()
