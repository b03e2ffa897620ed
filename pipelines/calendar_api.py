"""REST: windows, freezes, and when an environment opens next."""

from rest_framework.response import Response

from kernel.actor import Actor
from kernel.clock import now
from kernel.paging import page, read_limit
from kernel.rest import ApiView, listing, read_body, read_query, read_time
from kernel.verdicts import wire_time
from pipelines import queries, serializers
from pipelines.actions.archive_freeze import archive_freeze
from pipelines.actions.archive_window import archive_window
from pipelines.actions.create_freeze import create_freeze
from pipelines.actions.create_window import create_window
from pipelines.actions.update_freeze import update_freeze
from pipelines.actions.update_window import update_window
from pipelines.calendar_rules import FREEZE_FIELDS, WINDOW_FIELDS, gone
from pipelines.models import Freeze, Window
from teams.queries import get_application

LIST = {"cursor": None, "limit": read_limit}


class NextOpening(ApiView):
    def get(self, request, name):
        """The current or next opening: {"open_now", "opens_at", "closes_at", "reasons"}."""
        query = read_query(request, {"application": None, "from": read_time("from")})
        environment = queries.get_environment(self.actor, name)
        application = _application(self.actor, query["application"])
        opening = queries.next_opening_for(environment, application, query["from"] or now())
        return Response(opening.as_dict())


def _application(actor: Actor, name: str | None) -> str | None:
    return None if name is None else get_application(actor, name).pk


class Windows(ApiView):
    def get(self, request):
        """The windows in force, oldest first."""
        query = read_query(request, LIST)
        found = page(queries.windows(), cursor=query["cursor"], limit=query["limit"], descending=False)
        return listing(request, found, rendering(found.items))

    def post(self, request):
        """A new window: 201, in force at once."""
        read_query(request, {})
        window = create_window(actor=self.actor, **read_body(serializers.WindowIn, request))
        return Response(render(window), status=201)


class OneWindow(ApiView):
    def get(self, request, key):
        """One window, archived or not."""
        read_query(request, {})
        return Response(render(queries.get_window(key)))

    def patch(self, request, key):
        """Change what is given, of the version that is given."""
        read_query(request, {})
        changes = read_body(serializers.WindowPatch, request)
        version = changes.pop("version")
        window = update_window(actor=self.actor, window_id=key, version=version, changes=changes)
        return Response(render(window))

    def delete(self, request, key):
        """Archive it, `?reason=`: 204."""
        reason = read_query(request, {"reason": None})["reason"] or ""
        archive_window(actor=self.actor, window_id=key, reason=reason)
        return Response(status=204)


class Freezes(ApiView):
    def get(self, request):
        """The freezes that are not archived, oldest first."""
        query = read_query(request, LIST)
        found = page(queries.freezes(), cursor=query["cursor"], limit=query["limit"], descending=False)
        return listing(request, found, rendering(found.items))

    def post(self, request):
        """A new freeze: 201, in force at once."""
        read_query(request, {})
        freeze = create_freeze(actor=self.actor, **_given(read_body(serializers.FreezeIn, request)))
        return Response(render(freeze), status=201)


class OneFreeze(ApiView):
    def get(self, request, key):
        """One freeze, archived or not."""
        read_query(request, {})
        return Response(render(queries.get_freeze(key)))

    def patch(self, request, key):
        """Change what is given, of the version that is given."""
        read_query(request, {})
        changes = read_body(serializers.FreezePatch, request)
        version = changes.pop("version")
        freeze = update_freeze(actor=self.actor, freeze_id=key, version=version, changes=changes)
        return Response(render(freeze))

    def delete(self, request, key):
        """Archive it, `?reason=`: 204."""
        reason = read_query(request, {"reason": None})["reason"] or ""
        archive_freeze(actor=self.actor, freeze_id=key, reason=reason)
        return Response(status=204)


def _given(body: dict) -> dict:
    """Without members that are null, so that the action's defaults apply."""
    return {name: value for name, value in body.items() if value is not None}


def rendering(rows):
    """`render` for these rows, with what their scopes name looked up once."""
    flagged = gone(rows)
    return lambda row: render(row, flagged[row.pk])


def render(row: Window | Freeze, scope_gone: list[str] | None = None) -> dict:
    """One window or freeze. `scope_gone`: the keys of its scope whose place is there no longer; looked up if None."""
    fields = WINDOW_FIELDS if isinstance(row, Window) else FREEZE_FIELDS
    return {
        "id": row.pk,
        **{field: getattr(row, field) for field in fields},
        "scope_gone": gone([row])[row.pk] if scope_gone is None else scope_gone,
        "version": row.version,
        "created_at": wire_time(row.created_at),
        "created_by": row.created_by,
        "archived_at": wire_time(row.archived_at),
    }
