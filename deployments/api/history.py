"""`GET /audit/deployments.csv|.jsonl|.xlsx`: the deployment history, streamed."""

from django.http import StreamingHttpResponse

from deployments.actions.export_history import export_history
from deployments.exports.columns import Filters
from kernel.rest import ApiView, read_flag, read_query, read_time
from pipelines.queries import visible_application_names

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


PARAMETERS = {
    "from": read_time("from"),
    "to": read_time("to"),
    "application": None,
    "environment": None,
    "state": None,
    "account": None,
    "requested_by": None,
    "break_glass": read_flag("break_glass"),
}


def filters_of(actor, query: dict) -> Filters:
    """Filters from read query parameters or a body, narrowed to what the caller may see."""
    rest = {name: value for name, value in query.items() if name not in ("from", "to")}
    return Filters(
        since=query.get("from"), until=query.get("to"), applications=visible_application_names(actor), **rest
    )


class HistoryExport(ApiView):
    """`kind` comes from the address."""

    kind = "csv"

    def get(self, request):
        filters = filters_of(self.actor, read_query(request, PARAMETERS))
        stream = export_history(actor=self.actor, filters=filters, kind=self.kind)
        response = StreamingHttpResponse(stream, content_type=TYPES[self.kind])
        response["Content-Disposition"] = f'attachment; filename="deployments.{self.kind}"'
        response["Cache-Control"] = "no-store"
        return response
