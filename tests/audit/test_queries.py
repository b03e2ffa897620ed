"""What is read from the log: who sees what, filters, proofs, parts and the sealer's health."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from audit import queries
from audit.actions import append as append_module
from audit.actions.report import report
from audit.merkle import verify_inclusion
from audit.models import Leaf
from kernel.clock import raw_now
from tests import people
from tests.audit.log import SYSTEM, add, seal, sealed
from tests.database import as_sealer

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.fixture
def at(monkeypatch):
    """Events are recorded at START plus so many hours."""

    def set_clock(hours: float) -> datetime:
        moment = START + timedelta(hours=hours)
        monkeypatch.setattr(append_module, "now", lambda: moment)
        return moment

    set_clock(0)
    return set_clock


def ids(events) -> set[str]:
    return {event.pk for event in events}


def test_auditors_and_those_who_see_everything_read_all():
    events = add(1, application="payments") + add(1, application="storefront") + add(1)
    for actor in (people.auditor(), people.release_manager(), people.administrator()):
        assert ids(queries.visible_events(actor)) == ids(events)


def test_others_read_their_applications_and_their_own_acts():
    dana = people.actor("dana")
    mine = add(1, application="payments")
    own = add(1, application="storefront", actor=dana)
    add(1, application="storefront")
    add(1)
    assert ids(queries.visible_events(dana, frozenset({"payments"}))) == ids(mine + own)
    assert ids(queries.visible_events(dana)) == ids(own)
    assert queries.visible_events(dana, None).count() == 4


def test_an_empty_name_makes_no_event_visible():
    add(1)
    assert not queries.visible_events(people.ci("payments"), frozenset({"payments"})).exists()


def test_each_filter_narrows(at):
    dana = people.actor("dana")
    first = add(1, actor=dana, kind="vote.cast", subject="approval:apr_1", environment="prod")[0]
    later = at(2)
    second = add(1, actor=people.ci("payments"))[0]
    everything = queries.visible_events(people.auditor())

    def narrowed(**by):
        return ids(queries.filtered(everything, **by))

    assert narrowed() == {first.pk, second.pk}
    assert narrowed(actor="dana") == narrowed(actor="user:per_dana") == {first.pk}
    assert narrowed(actor="application:payments") == {second.pk}
    assert narrowed(actor="rita") == set()
    assert (
        narrowed(kind="vote.cast")
        == narrowed(subject="approval:apr_1")
        == narrowed(environment="prod")
        == {first.pk}
    )
    assert narrowed(since=later) == {second.pk}
    assert narrowed(until=later) == {first.pk, second.pk}
    assert narrowed(until=START) == {first.pk}
    assert narrowed(since=later + timedelta(microseconds=1)) == set()
    assert narrowed(kind="vote.cast", actor="application:payments") == set()


def test_a_comment_that_equals_a_username_is_no_actor():
    add(1, private={"comment": "dana"})
    assert not queries.filtered(queries.visible_events(people.auditor()), actor="dana").exists()


def test_unsealed_events_are_those_without_a_leaf():
    sealed(2)
    waiting = add(2)
    assert ids(queries.unsealed_events()) == ids(waiting)
    assert not queries.unsealed_events(raw_now() + timedelta(days=1)).exists()


@pytest.mark.parametrize("sizes", [(1,), (3, 4), (5, 1, 2)])
def test_every_leaf_has_a_proof_in_the_newest_checkpoint(sizes):
    sealed(*sizes)
    for index in range(sum(sizes)):
        proof = queries.leaf_proof(index)
        decoded = [base64.b64decode(text) for text in proof["hashes"]]
        leaf = bytes(Leaf.objects.get(leaf_index=index).leaf_hash)
        assert base64.b64decode(proof["leaf_hash"]) == leaf
        verify_inclusion(leaf, index, proof["tree_size"], decoded, base64.b64decode(proof["root"]))
        assert proof["checkpoint"] == queries.last_checkpoint().note
    assert queries.leaf_proof(sum(sizes)) is None


def test_before_the_first_sealing_there_is_nothing_to_prove():
    add(1)
    assert queries.leaf_proof(0) is None
    assert queries.last_checkpoint() is None
    assert queries.bundle_part(None, None) is None


def test_a_missing_subtree_is_a_lookup_error():
    sealed(2)
    nodes = queries.StoredNodes()
    assert nodes(1, 0) == nodes(1, 0)
    for place in ((1, 1), (0, 2), (5, 0)):
        with pytest.raises(LookupError):
            nodes(*place)


@pytest.fixture
def hours(at):
    """Checkpoints of 2, 5 and 6 leaves: two events at hour 0, three at hours 1, 2, 3, one at hour 4."""
    add(2)
    seal()
    for hour in (1, 2, 3):
        at(hour)
        add(1)
    seal()
    at(4)
    add(1)
    seal()


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, (0, 6)),
        (0, 4, (0, 6)),
        (1, 3, (2, 5)),
        (2, 2, (2, 5)),
        (2, None, (2, 6)),
        (None, 0, (0, 2)),
        (4, 4, (5, 6)),
        (3.2, 3.8, (2, 6)),  # nothing happened: the neighbours on both sides show it
        (9, None, (5, 6)),
        (None, -9, (0, 2)),
    ],
)
def test_a_part_is_widened_to_whole_checkpoints(hours, since, until, expected):
    def moment(hour):
        return None if hour is None else START + timedelta(hours=hour)

    part = queries.bundle_part(moment(since), moment(until))
    assert (part.start, part.end) == expected


def test_the_health_tells_how_long_the_oldest_event_waits():
    assert queries.sealer_health() == queries.SealerHealth(lag=0.0, mismatch="", alive_at=None)
    sealed(1)
    assert queries.sealer_health().lag == 0.0
    add(1)
    assert 0.0 <= queries.sealer_health().lag < 5.0
    with as_sealer():
        report("leaf 3 is gone")
    health = queries.sealer_health()
    assert (health.mismatch, health.alive_at is not None) == ("leaf 3 is gone", True)


def test_an_event_of_a_moved_clock_is_not_late(at):
    at(24 * 365 * 5)
    add(1, actor=SYSTEM)
    assert queries.sealer_health().lag == 0.0
