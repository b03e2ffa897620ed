"""Named places where a test may kill or stop this very process, to prove that nothing is lost or done twice.

`RELEASEGATE_FAILPOINT=after_intent:cloudformation.CreateChangeSet` sends SIGKILL to the process the first time
it passes there; with `stop@` in front it sends SIGSTOP each time, and the test sends SIGCONT when it likes. A place
is `point`, `point:api`, or a pattern of `point:api:token` (`after_call:s3.PutObject:*-switch`). Never in production.
"""

import os
import signal
import threading
from fnmatch import fnmatchcase

from django.conf import settings

POINTS = (
    "after_claim",
    "before_intent",
    "after_intent",
    "after_call",
    "before_commit",  # inside the transaction that records
    "after_record",
    "before_release",
)


def reach(point: str, api: str = "", token: str = "") -> None:
    """Die or stop here if the environment says so. `point` is one of POINTS, `api` like `s3.PutObject`."""
    wanted = os.environ.get("RELEASEGATE_FAILPOINT")
    if not wanted or settings.PRODUCTION:
        return
    how, _, place = wanted.rpartition("@")
    if place in (point, f"{point}:{api}") or fnmatchcase(f"{point}:{api}:{token}", place):
        # To this very thread: it is the one that may not take another step.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP if how == "stop" else signal.SIGKILL)
