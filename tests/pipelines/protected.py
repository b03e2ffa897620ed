"""A company whose set-up is over: dev is open, prod is protected with two keys, its first build was accepted."""

from builds.actions.ingest import ingest
from kernel.actor import Actor
from pipelines.actions.propose import propose
from pipelines.models import ConfigChange
from tests import people
from tests.builds.posts import post
from tests.pipelines import places


def company(*, built: bool = True) -> None:
    """admin and iris administer, rita manages releases and has one key, omar owns payments and has the other."""
    for name in ("admin", "iris"):
        people.person(name, roles=["administrator"])
    people.person("rita", roles=["release_manager"], groups=["release-managers"])
    people.person("omar", groups=["payments-owners"])
    people.person("dana", groups=["newcomers"], teams=["payments"])
    people.application("payments")
    places.environment("dev")
    slots = [("release-managers", 1), ("@owners", 1)]
    places.environment("prod", slots=slots, protected=True, default_open=True, tier="production")
    places.pipeline(environments=("dev", "prod"))
    if built:
        accept_a_build()


def accept_a_build() -> None:
    """The end of the first set-up."""
    ingest(actor=people.ci(), post=post())


def administrator(username: str = "admin") -> Actor:
    return people.administrator(username)


def proposed(kind: str = "environment.update", *, by: str = "admin", **request) -> ConfigChange:
    """What `by` proposed; by default one key of prod's gate fewer."""
    if kind == "environment.update" and not request:
        request = {"name": "prod", "version": 1, "changes": {"gate": {"slots": [WEAKER]}}}
    change = propose(actor=administrator(by), kind=kind, **request).change
    assert change is not None, "this takes no second person"
    return change


WEAKER = {"group": "release-managers", "count": 1}
