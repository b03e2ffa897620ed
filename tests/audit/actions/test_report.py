"""What the sealer says about itself."""

import pytest

from audit.actions.report import report
from audit.models import SealerState
from kernel.clock import raw_now
from tests.database import as_sealer

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_one_row_says_alive_or_why_not():
    before = raw_now()
    with as_sealer():
        report()
        first = SealerState.objects.get()
        report("leaf 3 is gone")
        second = SealerState.objects.get()
    assert first.mismatch == ""
    assert before <= first.alive_at <= second.alive_at
    assert (second.pk, second.mismatch) == (1, "leaf 3 is gone")
    assert SealerState.objects.count() == 1


def test_when_the_whole_log_was_checked_is_kept_until_the_next_check():
    with as_sealer():
        report()
        assert SealerState.objects.get().verified_at is None
        report(verified=True)
        checked = SealerState.objects.get()
        report()
        later = SealerState.objects.get()
    assert checked.verified_at == checked.alive_at == later.verified_at
    assert later.alive_at >= checked.alive_at
