"""REST: who stands in for whom. Here, on the floor that knows which groups fill slots of protected gates (ADR 0004)."""

from rest_framework.response import Response

from kernel.paging import page, read_limit
from kernel.rest import ApiView, listing, read_body, read_query
from pipelines.actions.let_stand_in import let_stand_in
from pipelines.representations import answered, render_delegation
from pipelines.serializers import DelegationIn
from teams.actions.end_delegation import end_delegation
from teams.places import visible_delegations


class Delegations(ApiView):
    def get(self, request):
        """Those the caller may see, newest first, ended ones too."""
        query = read_query(request, {"cursor": None, "limit": read_limit})
        found = page(visible_delegations(self.actor), cursor=query["cursor"], limit=query["limit"])
        return listing(request, found, render_delegation)

    def post(self, request):
        """One's own place in a group, for some days: 201; where the group has a key to a protected environment, 202."""
        read_query(request, {})
        body = read_body(DelegationIn, request)
        since = body.pop("from", None)
        return answered(let_stand_in(actor=self.actor, since=since, **body), self.actor, status=201)


class OneDelegation(ApiView):
    def delete(self, request, delegation_id):
        """Ended at once: 204. `reason` is needed."""
        query = read_query(request, {"reason": None})
        end_delegation(actor=self.actor, delegation_id=delegation_id, reason=query["reason"] or "")
        return Response(status=204)
