"""Break-glass: open, confirm, review, and read what is open."""

from rest_framework.response import Response

from deployments import queries, representations
from deployments.actions.break_glass import break_glass
from deployments.actions.confirm_break_glass import confirm_break_glass
from deployments.actions.review_break_glass import review_break_glass
from deployments.api import serializers
from kernel.paging import page, read_limit
from kernel.refusals import Invalid
from kernel.rest import ApiView, listing, read_body, read_query


def _one_of(name: str, *words: str):
    def read(text: str | None) -> str | None:
        if text is not None and text not in words:
            detail = f"One of {', '.join(words)}."
            raise Invalid(errors=[{"pointer": f"?{name}", "code": "parameter_invalid", "detail": detail}])
        return text

    return read


class BreakGlassList(ApiView):
    """`?state=open|reviewed`; `?mine=true` those that this person asked for."""

    def get(self, request):
        wanted = {"state": _one_of("state", "open", "reviewed"), "mine": _one_of("mine", "true")}
        query = read_query(request, {**wanted, "cursor": None, "limit": read_limit})
        rows = queries.break_glasses(self.actor)
        if query["state"]:
            rows = rows.filter(reviewed_at__isnull=query["state"] == "open")
        if query["mine"]:
            rows = rows.filter(opened_by=self.actor.person_id)
        found = page(rows, cursor=query["cursor"], limit=query["limit"])
        return listing(request, found, representations.break_glass)

    def post(self, request):
        opened = break_glass(actor=self.actor, **read_body(serializers.BreakGlassIn, request))
        row = queries.get_visible(self.actor, opened.deployment_id)
        headers = {"Location": f"/api/v1/deployments/{row.pk}"}
        return Response(representations.full(row), status=202, headers=headers)


class BreakGlassDetail(ApiView):
    def get(self, request, review_id: str):
        read_query(request, {})
        return Response(representations.break_glass(queries.get_break_glass(self.actor, review_id)))


class BreakGlassConfirm(ApiView):
    def post(self, request, review_id: str):
        read_body(serializers.NothingIn, request)
        return Response(
            representations.break_glass(confirm_break_glass(actor=self.actor, review_id=review_id))
        )


class BreakGlassReview(ApiView):
    def post(self, request, review_id: str):
        body = read_body(serializers.FindingIn, request)
        return Response(
            representations.break_glass(review_break_glass(actor=self.actor, review_id=review_id, **body))
        )
