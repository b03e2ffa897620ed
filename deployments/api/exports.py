"""`POST /audit/exports`: the history as a file that a worker writes; `GET` says how far it is and gives it."""

from django.http import FileResponse
from rest_framework.response import Response

from deployments import queries, representations
from deployments.actions.download_export import download_export
from deployments.actions.request_export import request_export
from deployments.api import serializers
from deployments.api.history import TYPES, filters_of
from kernel.paging import page, read_limit
from kernel.rest import ApiView, listing, read_body, read_query


class ExportList(ApiView):
    def get(self, request):
        """Your exports, newest first."""
        query = read_query(request, {"cursor": None, "limit": read_limit})
        found = page(queries.exports_of(self.actor), cursor=query["cursor"], limit=query["limit"])
        return listing(request, found, representations.export)

    def post(self, request):
        """Ask for one: 202, and `Location` says where it is told how far it is."""
        read_query(request, {})
        body = read_body(serializers.ExportIn, request)
        kind = body.pop("format")
        export = request_export(actor=self.actor, filters=filters_of(self.actor, body), kind=kind)
        headers = {"Location": f"/api/v1/audit/exports/{export.pk}"}
        return Response(representations.export(export), status=202, headers=headers)


class ExportDetail(ApiView):
    def get(self, request, export_id: str):
        """One export of yours: `state` is queued, running, done, failed or expired."""
        read_query(request, {})
        return Response(representations.export(queries.get_export(self.actor, export_id)))


class ExportFile(ApiView):
    def get(self, request, export_id: str):
        """The file, while it is kept; recorded."""
        read_query(request, {})
        path = download_export(actor=self.actor, export_id=export_id)
        kind = path.suffix[1:]
        name = f"deployments-{export_id}.{kind}"
        response = FileResponse(path.open("rb"), content_type=TYPES[kind], as_attachment=True, filename=name)
        response["Cache-Control"] = "no-store"
        return response
