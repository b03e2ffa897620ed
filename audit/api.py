"""REST: read the audit log, take it away, and check it."""

from django.conf import settings
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.utils.module_loading import import_string
from rest_framework.response import Response

from audit import queries
from audit.actions.record_export import record_export
from audit.bundles import make_bundle
from audit.exports.events_jsonl import stream
from audit.rendering import as_item
from kernel.actor import Actor, require
from kernel.paging import page, read_limit
from kernel.permissions import Permission
from kernel.refusals import Invalid, NotFound
from kernel.rest import ApiView, listing, read_query, read_time

FILTERS = {
    "actor": None,
    "kind": None,
    "subject": None,
    "environment": None,
    "from": read_time("from"),
    "to": read_time("to"),
}


class Events(ApiView):
    def get(self, request):
        """Events, newest first, of what the caller may see."""
        query = read_query(request, {**FILTERS, "cursor": None, "limit": read_limit})
        found = page(_events(self.actor, query), cursor=query["cursor"], limit=query["limit"])
        return listing(request, found, lambda event: as_item(event, self.actor))


class EventsJsonl(ApiView):
    def get(self, request):
        """The same events as JSON Lines, oldest first, streamed; recorded as an export."""
        query = read_query(request, FILTERS)
        events = _events(self.actor, query).order_by("id")
        record_export(actor=self.actor, name="events.jsonl", filters=query)
        lines = stream(events, lambda event: as_item(event, self.actor))
        return _attachment(StreamingHttpResponse(lines, content_type="application/x-ndjson"), "events.jsonl")


class LastCheckpoint(ApiView):
    def get(self, request):
        """The newest signed note, as text."""
        read_query(request, {})
        return HttpResponse(_sealed().note, content_type="text/plain; charset=utf-8")


class Key(ApiView):
    def get(self, request):
        """The verifier key of the log, as text; auditors pin it once and compare it out of band."""
        read_query(request, {})
        return HttpResponse(f"{_sealed().vkey}\n", content_type="text/plain; charset=utf-8")


class LeafProof(ApiView):
    def get(self, request, index: int):
        """The inclusion proof of one leaf in the newest checkpoint."""
        read_query(request, {})
        proof = queries.leaf_proof(index)
        if proof is None:
            raise NotFound
        return Response(proof)


class Bundle(ApiView):
    def get(self, request):
        """The file that the offline verifier takes; the whole log, or a time range widened to checkpoints."""
        query = read_query(request, {"from": FILTERS["from"], "to": FILTERS["to"]})
        require(self.actor, Permission.AUDIT_READ)
        _in_order(query)
        part = queries.bundle_part(query["from"], query["to"])
        if part is None:
            raise NotFound("Nothing has been sealed yet.")
        record_export(actor=self.actor, name="log.rgaudit", filters={**query, "last": part.end})
        return _attachment(FileResponse(make_bundle(part), content_type="application/zip"), "log.rgaudit")


def _events(actor: Actor, query: dict):
    _in_order(query)
    events = queries.visible_events(actor, _visible_applications(actor))
    return queries.filtered(
        events.select_related("leaf").prefetch_related("openings"),
        since=query["from"],
        until=query["to"],
        **{name: query[name] for name in ("actor", "kind", "subject", "environment")},
    )


def _visible_applications(actor: Actor) -> frozenset[str] | None:
    """Which applications an actor sees is known above this app; the settings name the function that knows.
    Without it a machine sees its own application and a person nothing but their own acts."""
    name = getattr(settings, "AUDIT_VISIBLE_APPLICATIONS", None)
    if name is None:
        return frozenset({actor.application}) if actor.application else frozenset()
    return import_string(name)(actor)


def _in_order(query: dict) -> None:
    if query["from"] and query["to"] and query["from"] > query["to"]:
        detail = "from is later than to."
        raise Invalid(errors=[{"pointer": "?from", "code": "range_invalid", "detail": detail}])


def _sealed():
    checkpoint = queries.last_checkpoint()
    if checkpoint is None:
        raise NotFound("Nothing has been sealed yet.")
    return checkpoint


def _attachment(response, name: str):
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
