"""One of two racing processes: reads calls from stdin, waits for the other at a line in shared memory, goes.

`python -m tests.deployments.racer <0|1> <file of 16 bytes>`; see racing.py.
"""

import json
import mmap
import struct
import sys
import time
from datetime import timedelta

import django

django.setup()

from django.db import transaction  # noqa: E402  Django must be set up first

from approvals.actions.expire import expire_due  # noqa: E402
from approvals.models import ApprovalRequest  # noqa: E402
from deployments import lease  # noqa: E402
from deployments.actions.cast_vote import cast_vote  # noqa: E402
from deployments.actions.change_parameters import change_parameters  # noqa: E402
from deployments.decision import with_everything  # noqa: E402
from deployments.engine import journal, start  # noqa: E402
from deployments.engine.work import Work  # noqa: E402
from deployments.models import Deployment  # noqa: E402
from kernel.actor import Actor  # noqa: E402
from kernel.clock import now  # noqa: E402
from kernel.refusals import LostRace, Refusal  # noqa: E402
from pipelines.actions.confirm_change import confirm_change  # noqa: E402
from pipelines.actions.reject_change import reject_change  # noqa: E402
from pipelines.actions.update_environment import update_environment  # noqa: E402
from pipelines.models import Environment  # noqa: E402
from pipelines.queries import current_pipeline  # noqa: E402
from releases.actions.hand_over import hand_over  # noqa: E402
from teams.actions.set_group_members import set_group_members  # noqa: E402
from teams.models import Person  # noqa: E402
from teams.queries import actor_for_person  # noqa: E402
from tests import people  # noqa: E402
from tests.builds.posts import post  # noqa: E402

ME = int(sys.argv[1])
PATIENCE = 20


class Line:
    """Both write the number of the round they are ready for, and look until the other has, too."""

    def __init__(self, path: str):
        self.file = open(path, "r+b")  # noqa: SIM115 - as long as this process
        self.memory = mmap.mmap(self.file.fileno(), 16)

    def wait(self, number: int) -> None:
        struct.pack_into("q", self.memory, 8 * ME, number)
        end = time.monotonic() + PATIENCE
        while struct.unpack_from("q", self.memory, 8 * (1 - ME))[0] < number:
            if time.monotonic() > end:
                raise TimeoutError("the other did not come")
            time.sleep(0)


def work_on(deployment: str) -> Work:
    row = with_everything(Deployment.objects.filter(pk=deployment)).get()
    return Work(row, current_pipeline(row.application_id), None, f"racer:{ME}")


def begin(work: Work) -> str:
    """The transaction that starts; what the deployment is afterwards, or that the race was lost."""
    try:
        with transaction.atomic():
            journal.fence(work.deployment)
            start._start(work)
    except LostRace:
        return "lost"
    return str(work.deployment.state)


def claiming(deployment: str):
    """As a worker: take the lease or leave it; start; give it back for good."""

    def go():
        held = lease.claim(deployment, f"racer:{ME}", pools=None)
        if held is None:
            return "held by the other"
        try:
            return begin(work_on(deployment))
        finally:
            lease.release(deployment, held, after=None)

    return go


def starting(deployment: str):
    """As two workers that both believe the lease is theirs: only the start's transaction stands between them."""
    work = work_on(deployment)
    return lambda: begin(work)


def voting(approval: str, username: str, decision: str):
    request = ApprovalRequest.objects.get(pk=approval)
    actor = actor_for_person(
        Person.objects.get(username=username), method="session", ip="198.51.100.7", request_id="race"
    )
    words = {"decision": decision, "content_hash": request.content_hash, "comment": "In a race."}

    def go():
        try:
            return str(cast_vote(actor=actor, request_id=approval, **words).state)
        except Refusal as refusal:
            return refusal.code

    return go


def posting(version: str):
    actor, body = people.ci("payments"), post(version)
    return lambda: hand_over(actor=actor, post=body)[2]


def deciding(change: str, username: str, word: str):
    """A person's word on a proposed change of configuration; what it came to, or the code of the refusal."""
    actor = people.administrator(username)
    act = {"confirm": confirm_change, "reject": reject_change}[word]

    def go():
        try:
            act(actor=actor, change_id=change, reason="In a race.")
        except Refusal as refusal:
            return refusal.code
        return word

    return go


def changing(deployment: str, username: str, parameters: dict):
    """The requester asks for something else."""
    actor = actor_for_person(
        Person.objects.get(username=username), method="session", ip="198.51.100.7", request_id="race"
    )

    def go():
        change_parameters(actor=actor, deployment_id=deployment, parameters=parameters)
        return "changed"

    return go


def gating(environment: str, members: dict):
    """The environment asks for other keys."""
    row = Environment.objects.get(pk=environment)
    changes = {"gate": {**row.gate, **members}}

    def go():
        update_environment(actor=Actor.system("race"), name=environment, version=row.version, changes=changes)
        return "changed"

    return go


def removing(group: str, members: list[str]):
    """Somebody is no member any more."""

    def go():
        set_group_members(actor=Actor.system("race"), name=group, members=members)
        return "changed"

    return go


def expiring(seconds: int):
    """The sweep at a later time: what is open then has lapsed."""
    at = now() + timedelta(seconds=seconds)
    return lambda: "expired" if expire_due(at) else "nothing"


CALLS = {"change": changing, "gate": gating, "members": removing, "expire": expiring}
CALLS |= {"claim": claiming, "start": starting, "vote": voting, "post": posting, "decide": deciding}


def main() -> None:
    line = Line(sys.argv[2])
    print("ready", flush=True)
    for text in sys.stdin:
        wanted = json.loads(text)
        go = CALLS[wanted["call"]](*wanted["arguments"])
        line.wait(wanted["round"])
        began = time.monotonic_ns()
        answer = go()
        print(json.dumps({"answer": answer, "began": began, "ended": time.monotonic_ns()}), flush=True)


if __name__ == "__main__":
    main()
