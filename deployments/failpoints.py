"""Named places where a test may kill this very process, to prove that nothing is lost or done twice.

`RELEASEGATE_FAILPOINT=after_intent:cloudformation.CreateChangeSet` sends SIGKILL to the process the first time
it passes there. Never in production.
"""

import os
import signal

from django.conf import settings

POINTS = ("before_intent", "after_intent", "after_call", "after_record")


def reach(point: str, api: str) -> None:
    """Die here if the environment says so. `point` is one of POINTS, `api` like `s3.PutObject`."""
    wanted = os.environ.get("RELEASEGATE_FAILPOINT")
    if not wanted or settings.PRODUCTION:
        return
    if wanted in (point, f"{point}:{api}"):
        os.kill(os.getpid(), signal.SIGKILL)
