"""One question, five doors, one answer: the page, the API, the CLI's pre-check, a worker process, and the sweep.

Every situation of situations.py stands in the database at once; each door is asked about all of them.
"""

import json
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connections, transaction
from django.test import Client
from django.utils.html import strip_tags

from deployments.actions import sweep as sweeping
from deployments.actions.advance import advance
from deployments.models import Deployment
from deployments.states import PENDING
from kernel.clock import raw_now
from teams.actions.issue_token import issue_token
from teams.models import Person
from tests.demo.running import LOGS, ROOT
from tests.deployments.world import SYSTEM
from tests.journeys.situations import CHECKS, SITUATIONS, VERSION, Scene, make_all
from tests.journeys.wire import Api, until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
ENDS = {"withdrawn": "withdrawn", "plan_failed": "failed"}  # api.md: how a denial ends what was accepted
EXIT = {"allow": 0, "deny": 3, "wait": 4}


class BusyAws:
    """An AWS that answers 503 to everything and remembers which account was spoken of."""

    def __init__(self):
        heard = self.heard = []

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                heard.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())
                self.send_response(503)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Nothing: the test looks at `heard`."""

        for method in ("GET", "HEAD", "POST", "PUT"):
            setattr(Handler, f"do_{method}", Handler.answer)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def asked_about(self, account: str) -> bool:
        return any(account in body for body in self.heard)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def aws(settings):
    server = BusyAws()
    settings.AWS_ENDPOINT_URL = server.url
    settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = "AKIANOBODY", "nothing"
    yield server
    server.stop()


def told(answer: dict) -> tuple:
    """What two doors must agree on: verdict, every reason with its words and instant, every check."""
    reasons = [(r["code"], r["text"], r["until"], r["how_to_clear"]) for r in answer["reasons"]]
    return answer["verdict"], answer["until"], reasons, [(c["name"], c["state"]) for c in answer["checks"]]


def from_api(api: Api, scene: Scene) -> dict:
    return api.get("/decision", application=scene.application, version=VERSION, environment=scene.prod)


def from_cli(api: Api, scene: Scene) -> dict:
    """`relgate gate check`, a process of its own; the exit code must say the same as the answer."""
    command = [sys.executable, "-I", str(ROOT / "cli/relgate.py"), "gate", "check"]
    where = [f"{scene.application}@{VERSION}", "--to", scene.prod, "--url", api.url, "--output", "json"]
    run = subprocess.run(
        [*command, *where],
        env={"PATH": "/usr/bin:/bin", "RELGATE_TOKEN": api.token},
        capture_output=True,
        text=True,
        timeout=60,
    )
    answer = json.loads(run.stdout)
    assert run.returncode == EXIT[answer["verdict"]], (str(scene.situation), run.stdout, run.stderr)
    return answer


def words(html: str) -> str:
    return " ".join(unescape(strip_tags(html)).split())


def from_html(page: str) -> tuple[list, list]:
    """(checks, reasons) of a rendered page: [(name's place, state)] and [(code, text, how to clear)]."""
    listed = re.search(r'<ol class="checks">(.*?)</ol>', page, re.DOTALL).group(1)
    states = re.findall(r'<li class="check" data-state="(\w+)"', listed)
    reasons = []
    for code, inside in re.findall(r'<li class="reason" data-code="(\w+)">(.*?)</li>', listed, re.DOTALL):
        text = re.search(r"<p>(.*?)</p>", inside, re.DOTALL).group(1)
        how = re.search(r'<p class="reason-clear">(.*?)</p>', inside, re.DOTALL)
        reasons.append((code, words(text), words(how.group(1)) if how else None))
    return list(zip(CHECKS, states, strict=True)), reasons


def shown(answer: dict) -> tuple[list, list]:
    """The API's answer as a page would show it: reasons under their checks, in the order of the checks."""
    reasons = sorted(
        ((r["code"], " ".join(r["text"].split()), r["how_to_clear"]) for r in answer["reasons"]), key=str
    )
    return [(c["name"], c["state"]) for c in answer["checks"]], reasons


def pages_of(scene: Scene) -> list[str]:
    found = [f"/releases/{scene.application}/{VERSION}?to={scene.prod}"]
    if scene.deployment and scene.fresh(scene.deployment).approval_id:
        found.append(f"/approvals/{scene.fresh(scene.deployment).approval_id}")
    return found


def written(row: Deployment) -> tuple:
    """What a worker wrote: (state, reasons)."""
    return row.state, [(r["code"], r["text"], r["until"], r["how_to_clear"]) for r in row.reasons]


def due_again(scenes: list[Scene]) -> None:
    """As if nobody had looked yet: no reasons, due now."""
    for scene in scenes:
        Deployment.objects.filter(pk=scene.deployment.pk).update(
            reasons=[], checks=[], lease_until=None, next_attempt_at=raw_now()
        )


def agrees(scene: Scene, answer: dict, row: Deployment, aws: BusyAws) -> None:
    """A worker's writing against the answer everybody else gave."""
    state, reasons = written(row)
    name = str(scene.situation)
    if answer["verdict"] == "allow":
        assert state in PENDING, name
        assert aws.asked_about(scene.account), f"{name}: allowed, and the worker did not go on"
        return
    assert reasons == told(answer)[2], name
    if answer["verdict"] == "deny":
        assert state == ENDS.get(reasons[0][0], "rejected"), name
    else:
        assert state in PENDING, name
        open_check = next(c["name"] for c in answer["checks"] if c["state"] == "wait")
        expected = {"people": "needs_approval"}.get(open_check, "waiting")
        assert state == ("planning" if reasons[0][0] == "external_check" else expected), name
        assert aws.asked_about(scene.account) == (state == "planning"), f"{name}: AWS was touched"


def swept(scene: Scene) -> Deployment:
    """The sweeper's work done in this process, looked at, and taken back."""
    with transaction.atomic():
        due_again([scene])
        assert scene.deployment.pk in sweeping.due((scene.pool,)), str(scene.situation)
        advance(scene.deployment.pk, worker="the sweep")
        row = scene.fresh(scene.deployment)
        transaction.set_rollback(True)
    return row


def run_worker(scenes: list[Scene], database_url: str, aws: BusyAws, tmp_path) -> None:
    """A live worker process of the pool "main", until it has looked at every row that is its business."""
    env = {"DATABASE_URL": database_url, "RELEASEGATE_AWS_ENDPOINT_URL": aws.url}
    env |= {"RELEASEGATE_AWS_ACCESS_KEY_ID": "AKIANOBODY", "RELEASEGATE_AWS_SECRET_ACCESS_KEY": "nothing"}
    LOGS.mkdir(parents=True, exist_ok=True)
    log = (LOGS / "one-decision-worker.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "worker", "--pool", "main"],
        cwd=ROOT,
        env=_environment(tmp_path) | env,
        stdout=log,
        stderr=log,
    )

    def looked() -> bool:
        assert process.poll() is None, (LOGS / "one-decision-worker.log").read_text()[-3000:]
        rows = Deployment.objects.in_bulk([scene.deployment.pk for scene in scenes])
        return all(
            rows[scene.deployment.pk].reasons
            or rows[scene.deployment.pk].state not in PENDING
            or aws.asked_about(scene.account)
            for scene in scenes
        )

    try:
        until(looked, seconds=60, what="the worker has looked at everything")
    finally:
        process.kill()
        process.wait(10)
        log.close()


def _environment(tmp_path) -> dict[str, str]:
    kept = ("PATH", "HOME", "SECRET_KEY", "RELEASEGATE_MODE")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "RELEASEGATE_DATA_DIR": str(tmp_path)
    }


def test_the_table_has_its_sixty_situations_and_every_answer():
    assert len(SITUATIONS) == len({str(one) for one in SITUATIONS}) >= 60
    verdicts = Counter(one.expected()[0] for one in SITUATIONS)
    assert min(verdicts["allow"], verdicts["deny"]) >= 5, verdicts


def test_every_door_gives_the_same_answer(live_server, database_url, aws, tmp_path, settings):
    scenes = make_all()
    asked = {"label": "five doors", "scopes": ["read", "write"], "expires_in": 3_600}
    token = issue_token(actor=SYSTEM, username="rita", **asked).secret
    api, browser = Api(live_server.url, token), Client()
    browser.force_login(Person.objects.get(username="rita"))
    answers = {}
    for scene in scenes:
        scene.worker_lives()
        answer = answers[scene.number] = from_api(api, scene)
        codes = [reason["code"] for reason in answer["reasons"]]
        assert (answer["verdict"], codes) == scene.situation.expected(), str(scene.situation)
        for path in pages_of(scene):
            page = browser.get(path)
            assert page.status_code == 200, path
            checks, reasons = from_html(page.content.decode())
            assert (checks, sorted(reasons, key=str)) == shown(answer), (str(scene.situation), path)
    with ThreadPoolExecutor(3) as pool:
        for scene, answer in zip(scenes, pool.map(lambda one: from_cli(api, one), scenes), strict=True):
            assert told(answer) == told(answers[scene.number]), str(scene.situation)
    opened = [scene for scene in scenes if scene.deployment]
    for scene in opened:
        scene.worker_lives()
        aws.heard.clear()
        agrees(scene, answers[scene.number], swept(scene), aws)
    aws.heard.clear()
    mine, others = [s for s in opened if s.pool == "main"], [s for s in opened if s.pool != "main"]
    due_again(opened)
    connections.close_all()
    run_worker(mine, database_url, aws, tmp_path)
    for scene in mine:
        agrees(scene, answers[scene.number], scene.fresh(scene.deployment), aws)
    for scene in others:
        assert written(scene.fresh(scene.deployment))[1] == [], "a worker touched another pool's deployment"
    print(f"{len(scenes)} situations, {len(opened)} of them open")
