"""Two operating system processes with a word each on one proposed change of configuration, on PostgreSQL.

Few rounds in the ordinary run; `make races` sets RELEASEGATE_TEST_RACE_ROUNDS, of which this runs a tenth. The same
between threads, on both databases: test_change_races.py.
"""

import os

import pytest

from pipelines.models import ConfigChange, Environment
from tests import people
from tests.deployments.racing import Racers
from tests.pipelines import protected
from tests.teams.events import events

ROUNDS = int(os.environ.get("RELEASEGATE_TEST_RACE_ROUNDS") or 120) // 10
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.races,
    pytest.mark.postgresql,
    pytest.mark.timeout(600),
]


@pytest.fixture
def racers(database_url, tmp_path):
    racers = Racers(database_url, tmp_path)
    yield racers
    racers.stop()


def proposed() -> tuple[Environment, ConfigChange]:
    """prod's other lane, proposed by admin; with prod as it was."""
    before = Environment.objects.get(pk="prod")
    lane = "queue" if before.lane == "supersede" else "supersede"
    request = {"name": "prod", "version": before.version, "changes": {"lane": lane}}
    return before, protected.proposed("environment.update", **request)


def confirmed(change: ConfigChange) -> int:
    """How often the log says that it came into force."""
    return len([e for e in events("config.changed") if e["subject"] == f"change:{change.pk}"])


def test_two_words_in_two_processes_on_one_change_have_one_end_every_round(racers):
    """Two confirmations, and a confirmation beside its proposer's withdrawal, by turns."""
    protected.company()
    people.person("ines", roles=["administrator"])
    for number in range(ROUNDS):
        before, change = proposed()
        other = (("ines", "confirm"), ("admin", "reject"))[number % 2]
        answers = racers.race(("decide", change.pk, "iris", "confirm"), ("decide", change.pk, *other))
        assert answers.count("change_closed") == 1, (number, answers)
        iris, word = answers[1] == "change_closed", next(a for a in answers if a != "change_closed")
        change.refresh_from_db()
        state = {"confirm": "confirmed", "reject": "withdrawn"}[word]
        assert (change.state, change.decided_by.username) == (state, "iris" if iris else other[0]), number
        after = Environment.objects.get(pk="prod")
        taken = int(word == "confirm")
        assert (after.version - before.version, after.lane != before.lane) == (taken, bool(taken)), number
        assert confirmed(change) == taken, number
    assert racers.overlapping > ROUNDS / 4, "they were not at it at once: this proves nothing"
