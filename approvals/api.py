"""REST reads of approvals. Votes are cast one floor up, in deployments, where what follows from them is known."""

from rest_framework.response import Response

from approvals import queries
from approvals.representations import full
from kernel.paging import page, read_limit
from kernel.refusals import Invalid
from kernel.rest import ApiView, listing, read_query


def _waiting(text: str | None) -> str | None:
    if text not in (None, "me"):
        detail = "The only value is `me`."
        raise Invalid(errors=[{"pointer": "?waiting_for", "code": "parameter_invalid", "detail": detail}])
    return text


class ApprovalList(ApiView):
    """`GET /approvals?waiting_for=me`: with it, what the caller can decide now, oldest deadline first."""

    def get(self, request):
        query = read_query(request, {"waiting_for": _waiting, "cursor": None, "limit": read_limit})
        if query["waiting_for"]:
            rows = queries.waiting_for(self.actor)[: query["limit"]]
            return Response({"items": [full(row) for row in rows], "next": None})
        found = page(queries.visible_to(self.actor), cursor=query["cursor"], limit=query["limit"])
        return listing(request, found, full)


class ApprovalDetail(ApiView):
    """`GET /approvals/{id}`"""

    def get(self, request, approval_id: str):
        read_query(request, {})
        return Response(full(queries.get_visible(self.actor, approval_id)))
