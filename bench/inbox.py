"""The inbox of somebody whose word 10,000 requests wait for, against that of somebody who is asked nothing."""

from collections.abc import Iterator
from copy import copy
from time import perf_counter

from django.conf import settings
from django.test import Client

from approvals.models import ApprovalRequest
from bench import company
from bench.lines import quantile, slow_line
from bench.place import place
from bench.size import Size
from bench.voting import waiting
from bench.wire import Connection, request
from builds.models import Build
from deployments.actions.beat import beat
from deployments.models import Deployment
from kernel.ids import new_apr, new_bld, new_dep, new_rel
from releases.models import Release
from teams.actions.create_group import create_group
from teams.actions.create_person import create_person
from teams.models import Person

AIM = 2
ENVIRONMENT, APPLICATION, IDLE = "inbox", "inbox", "nemo"
LOOKS = 4  # of a round and side, for each sample


def measure(size: Size) -> Iterator[dict]:
    """Milliseconds that nineteen of twenty looks take at most, in rounds that alternate."""
    company.people()
    company.environment(ENVIRONMENT, 7, company.MANAGERS)
    beat(worker="bench", pool=company.POOL)
    fill(waiting(ENVIRONMENT, APPLICATION, 1)[0], size.requests)
    create_person(actor=company.BENCH, username=IDLE, email="nemo@bench.example", name="Nemo", roles=[])
    create_group(actor=company.BENCH, name="bystanders", members=[IDLE])
    place.run("collectstatic", "--noinput")  # in production a page names its files by what is in them
    connection = Connection(place.web())
    letters = [_look(name) for name in ("rita", IDLE)]
    looks, rounds = LOOKS * size.samples, min(size.rounds, 5) + 1
    pairs = [tuple(_slowest(connection, letter, looks) for letter in letters) for _ in range(rounds)]
    kept = pairs[1:]
    yield slow_line("inbox", kept, unit="ms", n=looks * len(kept), aim=AIM, requests=size.requests)


def fill(first: Deployment, number: int) -> None:
    """`number` open requests in all: copies of `first`, each of a release of its own."""
    rows = {Build: [], Release: [], ApprovalRequest: [], Deployment: []}
    for n in range(1, number):
        version = f"2.{n}.0"
        build = _copy(first.release.build, new_bld(), version=version)
        release = _copy(first.release, new_rel(), version=version, build=build)
        key = new_dep()
        approval = _copy(first.approval, new_apr(), release=release, deployment=key)
        deployment = _copy(first, key, version=version, release=release, approval=approval)
        for row in (build, release, approval, deployment):
            rows[type(row)].append(row)
    for model, made in rows.items():
        model.objects.bulk_create(made, batch_size=1000)


def _copy(row, key: str, **changes):
    made = copy(row)
    made._state = copy(row._state)
    made._state.fields_cache = dict(row._state.fields_cache)
    made.pk = key
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def _look(username: str) -> bytes:
    """The request of a browser that this person is signed in with."""
    browser = Client()
    browser.force_login(Person.objects.get(username=username), backend=settings.AUTHENTICATION_BACKENDS[0])
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    return request("GET", "/inbox", Cookie=cookies)


def _slowest(connection: Connection, letter: bytes, looks: int) -> float:
    """Milliseconds below which 95 of 100 answers lie."""
    taken = []
    for _ in range(looks):
        began = perf_counter()
        status, _, body = connection.send(letter)
        taken.append((perf_counter() - began) * 1000)
        if status != 200 or b"Needs you" not in body:
            raise RuntimeError(f"the inbox answered {status}: {body[:300]}")
    return quantile(sorted(taken), 0.95)
