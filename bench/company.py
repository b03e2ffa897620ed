"""A company for the benches, made through the product's own actions."""

from dataclasses import dataclass

from kernel.actor import Actor, ActorKind, Method
from pipelines.actions.create_account import create_account
from pipelines.actions.create_environment import create_environment
from pipelines.models import Account
from teams.actions.create_application import create_application
from teams.actions.create_group import create_group
from teams.actions.create_person import create_person
from teams.actions.create_team import create_team
from teams.actions.issue_token import issue_token
from teams.models import Group, Person, Team
from teams.queries import actor_for_person

BENCH = Actor.system("bench")
BRANCH = "main"
TEAM, OWNERS, MANAGERS = "bench", "bench-owners", "release-managers"
PEOPLE = {"rita": ["release_manager"], "omar": [], "dana": [], "aude": ["auditor"]}
GROUPS = {OWNERS: ["omar"], MANAGERS: ["rita"]}
REGION, ACCOUNT, POOL = "eu-west-1", "111111111111", "bench"
YEAR = 31_536_000
TOKENS = 6  # of one application: together they may ask six times as often as one


@dataclass(frozen=True)
class Ci:
    application: str
    tokens: list[str]


def people() -> None:
    """Everybody, with their groups and the team; nothing if they are there."""
    if Team.objects.filter(pk=TEAM).exists():
        return
    for name, roles in PEOPLE.items():
        create_person(
            actor=BENCH, username=name, email=f"{name}@bench.example", name=name.title(), roles=roles
        )
    for name, members in GROUPS.items():
        if not Group.objects.filter(pk=name).exists():
            create_group(actor=BENCH, name=name, members=members)
    create_team(actor=BENCH, name=TEAM, members=["dana"])


def application(name: str) -> str:
    people()
    create_application(actor=BENCH, name=name, team=TEAM, owners_group=OWNERS)
    return name


def ci_of(name: str) -> Ci:
    """A new application and its CI's tokens."""
    application(name)
    issued = [
        issue_token(actor=BENCH, application=name, label=f"CI {n}", scopes=["builds:write"], expires_in=YEAR)
        for n in range(TOKENS)
    ]
    return Ci(name, [one.secret for one in issued])


def token_of(username: str) -> str:
    """A token that may do whatever the person may."""
    people()
    return issue_token(actor=BENCH, username=username, label="bench", scopes=[], expires_in=YEAR).secret


def actor(username: str) -> Actor:
    person = Person.objects.get(username=username)
    return actor_for_person(person, method=Method.TOKEN, ip="127.0.0.1", request_id="req_bench")


def ci_actor(name: str) -> Actor:
    """What the application's token makes of a request."""
    return Actor(
        kind=ActorKind.MACHINE,
        name=name,
        method=Method.APPLICATION_TOKEN,
        application=name,
        scopes=frozenset({"builds:write"}),
    )


def environment(name: str, rank: int, *slots: str) -> str:
    """A protected environment that is always open, with one key for each group of `slots`; nothing is superseded."""
    if not Account.objects.filter(account_id=ACCOUNT).exists():
        role = f"arn:aws:iam::{ACCOUNT}:role/ReleaseGateDeploy"
        create_account(
            actor=BENCH, account_id=ACCOUNT, alias="bench", regions=[REGION], deploy_role_arn=role, pool=POOL
        )
    gate = {"slots": [{"group": group, "count": 1} for group in slots], "exclude": ["requester"]}
    create_environment(
        actor=BENCH,
        name=name,
        account=ACCOUNT,
        region=REGION,
        rank=rank,
        protected=True,
        default_open=True,
        gate=gate,
        lane="queue",
    )
    return name
