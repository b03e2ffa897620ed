"""The act on the server, for when sign-in is down."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from deployments.models import BreakGlass
from tests.deployments.broken import WHY
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


def run(*more: str, who: str = "rita", reason: str = WHY) -> str:
    out = StringIO()
    told = ["--as", who, "--reason", reason, "--incident", "INC-7", *more]
    call_command("breakglass", "payments", "1.1.0", "prod", *told, stdout=out)
    return out.getvalue()


def test_it_is_the_same_act_in_the_name_of_a_person(world):
    said = run("--skip", "people", "--hours", "2")
    row = BreakGlass.objects.get()
    assert row.deployment_id in said and row.pk in said
    assert (row.opened_by.username, row.skip) == ("rita", ["people"])
    event = only_event("break_glass.opened")
    assert (event["actor"]["kind"], event["request_id"]) == ("human", "manage.py breakglass")
    assert world.start(world.plan(row.deployment)).state == "running"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"who": "dana"}, "break_glass.open"),
        ({"who": "nobody"}, "no active person"),
        ({"reason": "short"}, "20"),
    ],
)
def test_it_needs_the_same_right_and_the_same_words(world, more, says):
    with pytest.raises(CommandError, match=says):
        run(**more)
    assert events("break_glass.opened") == []
