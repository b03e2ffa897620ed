"""REST: configuration that waits for a second person."""

from rest_framework.response import Response

from kernel.paging import page, read_limit
from kernel.refusals import Invalid
from kernel.rest import ApiView, ReasonIn, listing, read_body, read_query
from pipelines import serializers
from pipelines.actions.confirm_change import confirm_change
from pipelines.actions.reject_change import reject_change
from pipelines.representations import render_any, render_change
from pipelines.states import ChangeState
from pipelines.subjects import get_change, visible_changes


def _state(text: str | None) -> str | None:
    if text is not None and text not in set(ChangeState):
        detail = f"States are {', '.join(ChangeState)}."
        raise Invalid(errors=[{"pointer": "?state", "code": "state_unknown", "detail": detail}])
    return text


class Changes(ApiView):
    def get(self, request):
        """The changes, newest first, `?state=`: all for administrators and auditors, their own for other people."""
        query = read_query(request, {"cursor": None, "limit": read_limit, "state": _state})
        rows = visible_changes(self.actor)
        if query["state"] is not None:
            rows = rows.filter(state=query["state"])
        found = page(rows, cursor=query["cursor"], limit=query["limit"])
        return listing(request, found, render_change)


class OneChange(ApiView):
    def get(self, request, change_id):
        """One change with its exact difference."""
        read_query(request, {})
        return Response(render_change(get_change(self.actor, change_id)))


class Confirm(ApiView):
    def post(self, request, change_id):
        """A second administrator's word: 200 with the object that is now in force."""
        read_query(request, {})
        done = confirm_change(
            actor=self.actor, change_id=change_id, **read_body(serializers.ConfirmIn, request)
        )
        return Response(render_any(done.result, self.actor))


class Reject(ApiView):
    def post(self, request, change_id):
        """Turn it down, or take one's own back: 200 with the change."""
        read_query(request, {})
        body = read_body(ReasonIn, request)
        return Response(render_change(reject_change(actor=self.actor, change_id=change_id, **body)))
