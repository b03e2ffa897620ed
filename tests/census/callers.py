"""Who asks: one column of the tables each, made once per module."""

from django.contrib.auth import get_user_model
from django.test import Client

from kernel.permissions import SCOPES
from tests.teams.callers import DAY, secret_of

# What each column is to `payments`.
PEOPLE = {
    "nobody": "zoe",  # signed in, of no team and no group
    "team": "dana",  # in its team; she asked for the deployment
    "owner": "omar",  # in its owners group, which has a slot
    "slot": "sal",  # in a group that has a slot in one of its stages
    "o-team": "wes",  # in the team of another application
    "o-owner": "wanda",  # in the owners group of another application
    "o-slot": "sam",  # in a group that has a slot in another application
    "manager": "rita",
    "admin": "admin",
    "auditor": "aude",
}
MACHINES = {"ci": "payments", "o-ci": "storefront"}
COLUMNS = ("stranger", *PEOPLE, *MACHINES)
FOREIGN = ("nobody", "o-team", "o-owner", "o-slot", "o-ci")
PAYMENTS = ("team", "owner", "slot", "ci")


def with_token(secret: str | None) -> Client:
    return Client(headers={"Authorization": f"Bearer {secret}"} if secret else {})


def in_a_browser(username: str) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(username=username))
    return client


def everybody() -> dict[str, Client]:
    """{column: a client}: people in a browser, machines with a token that has every scope."""
    found = {"stranger": Client()}
    found |= {column: in_a_browser(username) for column, username in PEOPLE.items()}
    for column, application in MACHINES.items():
        found[column] = with_token(secret_of(application=application, scopes=SCOPES, expires_in=DAY))
    return found
