"""REST: windows, freezes, and when an environment opens next."""

from datetime import datetime, timedelta

from rest_framework.response import Response

from kernel.actor import Actor
from kernel.clock import now
from kernel.paging import page, read_limit
from kernel.refusals import Invalid
from kernel.rest import ApiView, listing, read_body, read_query, read_time
from pipelines import openings, queries, serializers
from pipelines.actions.propose import propose
from pipelines.representations import answered, render_calendar, rendering
from teams.queries import get_application

FROM_AT_MOST = timedelta(days=5 * 366)
LIST = {"cursor": None, "limit": read_limit}


class NextOpening(ApiView):
    def get(self, request, name):
        """The current or next opening: {"open_now", "opens_at", "closes_at", "reasons"}."""
        query = read_query(request, {"application": None, "from": _from})
        environment = queries.get_environment(self.actor, name)
        application = _application(self.actor, query["application"])
        opening = openings.next_opening_for(environment, application, query["from"] or now())
        return Response(opening.as_dict())


def _from(text: str | None) -> datetime | None:
    """Near enough: occurrences are counted from a rule's start, and for the year 9999 that takes seconds."""
    at = read_time("from")(text)
    if at is not None and abs(at - now()) > FROM_AT_MOST:
        detail = "At most five years from now, before or after."
        raise Invalid(errors=[{"pointer": "?from", "code": "time_invalid", "detail": detail}])
    return at


def _application(actor: Actor, name: str | None) -> str | None:
    return None if name is None else get_application(actor, name).pk


class Windows(ApiView):
    def get(self, request):
        """The windows in force, oldest first."""
        query = read_query(request, LIST)
        found = page(
            queries.calendar_visible_to(self.actor, queries.windows()),
            cursor=query["cursor"],
            limit=query["limit"],
            descending=False,
        )
        return listing(request, found, rendering(found.items))

    def post(self, request):
        """A new window: 201; where it opens a protected environment it waits for a second person, 202."""
        read_query(request, {})
        body = read_body(serializers.WindowIn, request)
        return answered(propose(actor=self.actor, kind="window.create", **body), self.actor, status=201)


class OneWindow(ApiView):
    def get(self, request, key):
        """One window, archived or not."""
        read_query(request, {})
        return Response(render_calendar(queries.get_window(key, self.actor)))

    def patch(self, request, key):
        """Change what is given, of the version that is given."""
        read_query(request, {})
        changes = read_body(serializers.WindowPatch, request)
        version = changes.pop("version")
        asked = {"window_id": key, "version": version, "changes": changes}
        return answered(propose(actor=self.actor, kind="window.update", **asked), self.actor, status=200)

    def delete(self, request, key):
        """Archive it, `?reason=`: 204."""
        reason = read_query(request, {"reason": None})["reason"] or ""
        done = propose(actor=self.actor, kind="window.archive", window_id=key, reason=reason)
        return answered(done, self.actor, status=204)


class Freezes(ApiView):
    def get(self, request):
        """The freezes that are not archived, oldest first."""
        query = read_query(request, LIST)
        found = page(
            queries.calendar_visible_to(self.actor, queries.freezes()),
            cursor=query["cursor"],
            limit=query["limit"],
            descending=False,
        )
        return listing(request, found, rendering(found.items))

    def post(self, request):
        """A new freeze: 201, in force at once."""
        read_query(request, {})
        body = _given(read_body(serializers.FreezeIn, request))
        return answered(propose(actor=self.actor, kind="freeze.create", **body), self.actor, status=201)


class OneFreeze(ApiView):
    def get(self, request, key):
        """One freeze, archived or not."""
        read_query(request, {})
        return Response(render_calendar(queries.get_freeze(key, self.actor)))

    def patch(self, request, key):
        """Change what is given, of the version that is given."""
        read_query(request, {})
        changes = read_body(serializers.FreezePatch, request)
        version = changes.pop("version")
        asked = {"freeze_id": key, "version": version, "changes": changes}
        return answered(propose(actor=self.actor, kind="freeze.update", **asked), self.actor, status=200)

    def delete(self, request, key):
        """Archive it, `?reason=`: 204."""
        reason = read_query(request, {"reason": None})["reason"] or ""
        done = propose(actor=self.actor, kind="freeze.archive", freeze_id=key, reason=reason)
        return answered(done, self.actor, status=204)


def _given(body: dict) -> dict:
    """Without members that are null, so that the action's defaults apply."""
    return {name: value for name, value in body.items() if value is not None}
