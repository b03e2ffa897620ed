"""One question, five doors, one answer: the page, the API, the CLI's pre-check, a worker process, and the sweep.

Every situation of situations.py stands in the database at once; each door is asked about all of them.
"""

from collections import Counter

import pytest
from django.db import connections
from django.test import Client

from deployments.models import Deployment
from deployments.states import PENDING
from kernel.verdicts import wire_time
from teams.actions.issue_token import issue_token
from teams.models import Person
from tests.deployments.world import SYSTEM
from tests.journeys import doors
from tests.journeys.doors import BusyAws, Told, told
from tests.journeys.scenes import VERSION, Scene, make_all
from tests.journeys.situations import SITUATIONS
from tests.journeys.wire import Api

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600), pytest.mark.django_db(transaction=True)]
ENDS = {"withdrawn": "withdrawn", "plan_failed": "failed"}  # how a denial ends what was accepted
CODES = {
    *("artifact_mismatch", "withdrawn", "not_in_pipeline", "not_promoted_from", "account_unproved"),
    *("plan_failed", "test_spec_missing", "lane_rejected", "artifact_unverified", "soak_unfinished"),
    *("approval_needed", "approval_void", "outside_window", "freeze", "lane_busy", "scheduled"),
    *("external_check", "pool_unavailable", "gate_unsatisfiable"),
}


@pytest.fixture
def aws(settings):
    server = BusyAws()
    settings.AWS_ENDPOINT_URL = server.url
    settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = "AKIANOBODY", "nothing"
    yield server
    server.stop()


def is_right(scene: Scene, answer: Told) -> None:
    """The answer is the one the table asks for, with the instants that the scene was made with."""
    name = str(scene.situation)
    codes = [reason[0] for reason in answer.reasons]
    assert (answer.verdict, codes) == scene.situation.expected(), name
    ends = [reason[3] for reason in answer.reasons]
    for code in {"freeze", "scheduled", "soak_unfinished"} & set(codes):
        latest = max(reason[3] for reason in answer.reasons if reason[0] == code)
        assert latest == doors.second(wire_time(scene.ends[code])), (name, code)
    if scene.has("tomorrow") and "outside_window" in codes:
        assert ends[codes.index("outside_window")] == wire_time(scene.ends["outside_window"]), name
    if answer.verdict == "wait":
        assert answer.until == (max(ends) if all(ends) else None), name
    if answer.verdict == "allow":
        assert answer.until == wire_time(scene.ends.get("open")), name


def agrees(scene: Scene, answer: Told, row: Deployment, aws: BusyAws) -> None:
    """A worker's writing against the answer everybody else gave."""
    name = str(scene.situation)
    if answer.verdict == "allow":
        assert row.state in PENDING, name
        assert aws.asked_for(scene), f"{name}: allowed, and the worker did not go on"
        return
    assert doors.reasons_of(row.reasons) == answer.reasons, name
    assert [(check["name"], check["state"]) for check in row.checks] == answer.checks, name
    if answer.verdict == "deny":
        assert row.state == ENDS.get(row.reasons[0]["code"], "rejected"), name
    else:
        first = next(check for check, state in answer.checks if state == "wait")
        planning = row.reasons[0]["code"] == "external_check"
        assert row.state == (
            "planning" if planning else {"people": "needs_approval"}.get(first, "waiting")
        ), name
        assert aws.asked_for(scene) == planning, f"{name}: who asked AWS?"


def test_the_table_has_its_sixty_situations_and_every_answer():
    assert len(SITUATIONS) == len({str(one) for one in SITUATIONS}) >= 60
    verdicts = Counter(one.expected()[0] for one in SITUATIONS)
    assert min(verdicts["allow"], verdicts["deny"], verdicts["wait"]) >= 15, verdicts
    assert {code for one in SITUATIONS for code in one.expected()[1]} == CODES


def test_every_door_gives_the_same_answer(live_server, database_url, aws, tmp_path):
    scenes = make_all()
    asked = {"label": "five doors", "scopes": ["read", "write"], "expires_in": 3_600}
    api = Api(live_server.url, issue_token(actor=SYSTEM, username="rita", **asked).secret)
    answers = [told(doors.from_api(api, scene)) for scene in scenes]
    for scene, answer in zip(scenes, answers, strict=True):
        is_right(scene, answer)
    for scene, answer, checked in zip(scenes, answers, doors.all_from_cli(api, scenes), strict=True):
        assert checked == answer, str(scene.situation)
    for verdict in ("allow", "wait", "deny"):
        number = next(number for number, answer in enumerate(answers) if answer.verdict == verdict)
        assert doors.from_cli(api, scenes[number]) == answers[number]
    _pages(scenes, answers)
    opened = [(scene, answer) for scene, answer in zip(scenes, answers, strict=True) if scene.deployment]
    Deployment.objects.update(next_attempt_at=None)
    for scene, answer in opened:
        aws.heard.clear()
        agrees(scene, answer, doors.swept(scene), aws)
    _worker(opened, database_url, aws, tmp_path)
    _requests(api, scenes, answers)


def _pages(scenes: list[Scene], answers: list[Told]) -> None:
    browser = Client()
    browser.force_login(Person.objects.get(username="rita"))
    for scene, answer in zip(scenes, answers, strict=True):
        for path in doors.pages_of(scene):
            page = browser.get(path)
            assert page.status_code == 200, path
            verdict, checks, reasons = doors.from_page(page.content.decode())
            assert (verdict, checks, sorted(reasons, key=str)) == doors.as_a_page(answer), (
                str(scene.situation),
                path,
            )


def _worker(opened: list[tuple[Scene, Told]], database_url: str, aws: BusyAws, tmp_path) -> None:
    """The live process looks at what its pool serves, and at nothing else."""
    aws.heard.clear()
    mine = [one for one in opened if one[0].pool == "main"]
    others = [scene for scene, _ in opened if scene.pool != "main"]
    doors.due_again([scene for scene, _ in opened])
    connections.close_all()
    doors.run_worker([scene for scene, _ in mine], database_url, aws, tmp_path)
    for scene, answer in mine:
        agrees(scene, answer, scene.fresh(scene.deployment), aws)
    for scene in others:
        assert scene.fresh(scene.deployment).reasons == [], "a worker touched another pool's deployment"
    assert others


def _requests(api: Api, scenes: list[Scene], answers: list[Told]) -> None:
    """Asking for it in earnest is refused exactly where the question was answered with deny, for its reasons."""
    for scene, answer in zip(scenes, answers, strict=True):
        if scene.situation.subject != "candidate":
            continue
        body = {"application": scene.application, "version": VERSION, "environment": scene.prod}
        asked = api.ask("POST", "/deployments", body)
        name = str(scene.situation)
        if answer.verdict == "deny":
            assert (asked.status, asked.code) == (409, "denied"), name
            assert doors.reasons_of(asked.body["reasons"]) == answer.reasons, name
        else:
            assert asked.status == 202, (name, asked.text)
