"""The doors that test_one_decision goes through: API, page, pre-check, sweep, worker process; and an AWS that is busy.

Whatever a door answers is brought into one form: `Told`.
"""

import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.db import transaction
from django.utils.html import strip_tags

from deployments.actions import sweep as sweeping
from deployments.actions.advance import advance
from deployments.models import Deployment
from deployments.states import PENDING
from kernel.clock import raw_now
from tests.demo.running import LOGS, ROOT
from tests.journeys.scenes import VERSION, Scene
from tests.journeys.situations import CHECKS
from tests.journeys.wire import Api, until

RELGATE = ROOT / "cli/relgate.py"
MANY_CHECKS = """
import contextlib, importlib.util, io, json, sys
spec = importlib.util.spec_from_file_location("relgate", sys.argv[1])
relgate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(relgate)
for line in sys.stdin:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = relgate.main(json.loads(line))
    print(json.dumps([code, printed.getvalue()]))
"""
EXIT = {"allow": 0, "deny": 3, "wait": 4}
KEY = {"RELEASEGATE_AWS_ACCESS_KEY_ID": "AKIANOBODY", "RELEASEGATE_AWS_SECRET_ACCESS_KEY": "nothing"}


class BusyAws:
    """An AWS that answers 503 to everything and remembers which deployments were spoken of."""

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

    def asked_for(self, scene: Scene) -> bool:
        """Did anybody want a role for its deployment? The name of the session holds its id."""
        session = f"RoleSessionName=rg-{scene.deployment.pk.removeprefix('dep_')}-"
        return any(session in body for body in list(self.heard))

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass(frozen=True)
class Told:
    """`reasons`: (code, text, how to clear, until), in order; `checks`: (name, state); instants to the second."""

    verdict: str
    until: str | None
    reasons: list[tuple]
    checks: list[tuple]


def second(instant: str | None) -> str | None:
    """Without the fraction, which pages leave out."""
    return re.sub(r"\.\d+", "", instant) if instant else None


def reasons_of(rows: list[dict]) -> list[tuple]:
    return [(r["code"], " ".join(r["text"].split()), r["how_to_clear"], second(r["until"])) for r in rows]


def told(answer: dict) -> Told:
    """From the body of `GET /decision`."""
    checks = [(check["name"], check["state"]) for check in answer["checks"]]
    return Told(answer["verdict"], second(answer["until"]), reasons_of(answer["reasons"]), checks)


def from_api(api: Api, scene: Scene) -> dict:
    return api.get("/decision", application=scene.application, version=VERSION, environment=scene.prod)


def _check(api: Api, scene: Scene) -> list[str]:
    where = [f"{scene.application}@{VERSION}", "--to", scene.prod, "--url", api.url, "--output", "json"]
    return ["gate", "check", *where]


def _from_cli(code: int, printed: str, scene: Scene) -> Told:
    """The exit code must say the same as the answer."""
    answer = json.loads(printed)
    assert code == EXIT[answer["verdict"]], (str(scene.situation), code, printed)
    return told(answer)


def from_cli(api: Api, scene: Scene) -> Told:
    """`relgate gate check` as a pipeline runs it: a process of its own."""
    command = [sys.executable, "-I", str(RELGATE), *_check(api, scene)]
    run = subprocess.run(command, env=_shell(api), capture_output=True, text=True, timeout=60)
    return _from_cli(run.returncode, run.stdout, scene)


def all_from_cli(api: Api, scenes: list[Scene]) -> list[Told]:
    """The same for every scene, one after the other in one process, because starting Python costs the most."""
    lines = "".join(json.dumps(_check(api, scene)) + "\n" for scene in scenes)
    run = subprocess.run(
        [sys.executable, "-I", "-c", MANY_CHECKS, str(RELGATE)],
        env=_shell(api),
        input=lines,
        capture_output=True,
        text=True,
        timeout=240,
    )
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(answers) == len(scenes), run.stderr[-3000:]
    return [_from_cli(*answer, scene) for answer, scene in zip(answers, scenes, strict=True)]


def _shell(api: Api) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "RELGATE_TOKEN": api.token}


def pages_of(scene: Scene) -> list[str]:
    """Where people read it: the release page, and where their word is asked for, the decision page."""
    approval = scene.deployment and scene.fresh(scene.deployment).approval_id
    release = f"/releases/{scene.application}/{VERSION}?to={scene.prod}"
    return ([f"/approvals/{approval}"] if approval else []) + (
        [release] if scene.number % 4 == 0 or not approval else []
    )


def words(html: str) -> str:
    return " ".join(unescape(strip_tags(html)).split())


def from_page(html: str) -> tuple[str, list, list]:
    """(verdict, checks, reasons) of a rendered page; its reasons stand under their checks."""
    verdict = re.search(r'<span class="badge" data-state="(\w+)" data-kind="check"', html).group(1)
    listed = re.search(r'<ol class="checks">(.*?)</ol>', html, re.DOTALL).group(1)
    states = re.findall(r'<li class="check" data-state="(\w+)"', listed)
    reasons = []
    for code, inside in re.findall(r'<li class="reason" data-code="(\w+)">(.*?)</li>', listed, re.DOTALL):
        text = re.search(r"<p>(.*?)</p>", inside, re.DOTALL).group(1)
        how = re.search(r'<p class="reason-clear">(.*?)</p>', inside, re.DOTALL)
        ends = re.search(r'<p class="reason-until">.*?datetime="([^"]+)"', inside, re.DOTALL)
        reasons.append((code, words(text), words(how.group(1)) if how else None, ends and ends.group(1)))
    return verdict, list(zip(CHECKS, states, strict=True)), reasons


def as_a_page(answer: Told) -> tuple[str, list, list]:
    """What a page must show of the API's answer: the same; a denial's reasons need not stand first."""
    return answer.verdict, answer.checks, sorted(answer.reasons, key=str)


def due_again(scenes: list[Scene]) -> None:
    """As if nobody had looked yet: no reasons, due now."""
    ids = [scene.deployment.pk for scene in scenes]
    fresh = {"reasons": [], "checks": [], "lease_until": None, "next_attempt_at": raw_now()}
    Deployment.objects.filter(pk__in=ids).update(**fresh)


def swept(scene: Scene) -> Deployment:
    """The sweep's work done in this process, looked at, and taken back."""
    with transaction.atomic():
        due_again([scene])
        assert sweeping.due((scene.pool,)) == [scene.deployment.pk], str(scene.situation)
        advance(scene.deployment.pk, worker="the sweep", pools=None)
        row = scene.fresh(scene.deployment)
        transaction.set_rollback(True)
    return row


def run_worker(scenes: list[Scene], database_url: str, aws: BusyAws, tmp_path) -> None:
    """A live worker process of the pool "main", until it has looked at every row that is its business."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "SECRET_KEY", "RELEASEGATE_MODE")
        if name in os.environ
    }
    env = kept | KEY | {"DATABASE_URL": database_url, "RELEASEGATE_AWS_ENDPOINT_URL": aws.url}
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / "one-decision-worker.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "worker", "--pool", "main"],
            cwd=ROOT,
            env=env | {"RELEASEGATE_DATA_DIR": str(tmp_path)},
            stdout=out,
            stderr=out,
        )

    def looked() -> bool:
        assert process.poll() is None, log.read_text()[-3000:]
        rows = Deployment.objects.in_bulk([scene.deployment.pk for scene in scenes])
        found = [(scene, rows[scene.deployment.pk]) for scene in scenes]
        return all(row.reasons or row.state not in PENDING or aws.asked_for(scene) for scene, row in found)

    try:
        until(looked, seconds=90, what="the worker has looked at everything")
    finally:
        process.kill()
        process.wait(10)
