"""`GET /decision`: may it go? No side effect."""

from datetime import datetime, timedelta

from rest_framework.response import Response

from deployments.changes import running_release
from deployments.decision import decide, subject_for
from kernel.clock import now
from kernel.refusals import Invalid, NotFound
from kernel.rest import ApiView, read_flag, read_query, read_time
from pipelines.models import Environment
from releases.queries import get_release

YEAR = timedelta(days=366)
AHEAD_AT_MOST = 5 * YEAR  # the calendar is expanded as far as somebody asks


def _needed(name: str):
    def read(text: str | None) -> str:
        if not text:
            raise Invalid(errors=[{"pointer": f"?{name}", "code": "required", "detail": f"Name the {name}."}])
        return text

    return read


def _place(name: str) -> Environment:
    found = Environment.objects.select_related("account").filter(pk=name, archived_at=None).first()
    if found is None:
        raise NotFound()
    return found


def _instant(at: datetime | None, present: datetime) -> datetime:
    """None: this one. Refused before anything is asked of the calendar."""
    at = at or present
    if at < present - YEAR:
        raise Invalid(errors=[{"pointer": "?at", "code": "at_too_old", "detail": "At most a year back."}])
    if at > present + AHEAD_AT_MOST:
        detail = "At most five years ahead."
        raise Invalid(errors=[{"pointer": "?at", "code": "at_too_far", "detail": detail}])
    return at


class DecisionView(ApiView):
    """The open deployment's answer if the pair has one, otherwise a hypothetical one, `expedited` or not.
    `runs_there`: this very release runs there by our record; no verdict depends on it."""

    def get(self, request):
        wanted = {name: _needed(name) for name in ("application", "version", "environment")}
        query = read_query(request, {**wanted, "at": read_time("at"), "expedited": read_flag("expedited")})
        release = get_release(self.actor, query["application"], query["version"])
        place = _place(query["environment"])
        at = _instant(query["at"], now())
        subject = subject_for(release, place, expedited=bool(query["expedited"]))
        answer = decide(subject, self.actor, at).as_dict()
        running = running_release(release.application_id, place.name)
        return Response({**answer, "runs_there": running is not None and running.pk == release.pk})
