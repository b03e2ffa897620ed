"""Votes, the board, releases in their environments, withdrawals: endpoints that need deployments."""

from rest_framework.response import Response

from approvals.actions.accept_signature import read_signed
from deployments import queries, representations
from deployments.actions.cast_vote import cast_vote
from deployments.actions.prepare_vote import prepare_vote
from deployments.actions.withdraw import withdraw_build, withdraw_release
from deployments.api import serializers
from deployments.changes import running_release
from deployments.models import Lane
from kernel.refusals import Invalid, NotFound
from kernel.rest import ApiView, ReasonIn, read_body, read_query, read_time
from kernel.verdicts import wire_time
from pipelines.models import Environment
from releases.api import Releases
from releases.diff import diff
from releases.queries import get_release
from releases.representations import release_representation


class VotesView(ApiView):
    def post(self, request, approval_id: str):
        body = read_body(serializers.VoteIn, request)
        body["comment"] = body.get("comment") or ""
        body["signed"] = read_signed(body.pop("assertion", None), body.pop("nonce", None))
        result = cast_vote(actor=self.actor, request_id=approval_id, **body)
        answer = {"id": result.vote.pk, "slot": result.slot, "approval_state": str(result.state)}
        return Response(answer, status=201)


class StatementView(ApiView):
    """`POST /approvals/{id}/statement`: what to sign, and what to ask the browser for."""

    def post(self, request, approval_id: str):
        issued = prepare_vote(
            actor=self.actor, request_id=approval_id, **read_body(serializers.StatementIn, request)
        )
        answer = {"statement": issued.statement, "shown": issued.shown, "options": issued.options}
        return Response(answer, status=201)


class BoardView(ApiView):
    def get(self, request):
        query = read_query(request, {"application": None, "environment": None, "at": read_time("at")})
        at = query.pop("at")
        if at is not None:
            rows = queries.board_at(self.actor, at, **query)
            return Response({"items": [representations.past_lane(row) for row in rows], "next": None})
        rows = queries.board(self.actor, **query)
        return Response({"items": [representations.lane(row) for row in rows], "next": None})


class ReleaseList(Releases):
    def environments_of(self, releases) -> dict[str, dict]:
        return queries.environments_of(releases)


class ReleaseDetail(ApiView):
    def get(self, request, application: str, version: str):
        read_query(request, {})
        return Response(_release(get_release(self.actor, application, version)))


def _release(release) -> dict:
    return release_representation(release, queries.environments_of([release]).get(release.pk, {}))


class ReleaseDiff(ApiView):
    """`GET /releases/{application}/{version}/diff?against=environment:prod`"""

    def get(self, request, application: str, version: str):
        environment = read_query(request, {"against": against})["against"]
        release = get_release(self.actor, application, version)
        base = base_of(release, environment)
        sections = diff(release, base)
        return Response(
            {**sections, "against": {"environment": environment, "version": base.version if base else None}}
        )


class ReleaseWithdraw(ApiView):
    def post(self, request, application: str, version: str):
        body = read_body(ReasonIn, request)
        release = withdraw_release(actor=self.actor, application=application, version=version, **body)
        return Response(_release(release))


class BuildWithdraw(ApiView):
    def post(self, request, build_id: str):
        build = withdraw_build(actor=self.actor, build_id=build_id, **read_body(ReasonIn, request))
        return Response(
            {"id": build.pk, "withdrawn_at": wire_time(build.withdrawn_at), "reason": build.withdrawn_reason}
        )


def against(text: str | None) -> str | None:
    """`environment:<name>` → the name; None → None. Anything else is 422."""
    if text is None:
        return None
    if not text.startswith("environment:") or len(text) <= len("environment:"):
        detail = "Write environment:<name>."
        raise Invalid(errors=[{"pointer": "?against", "code": "parameter_invalid", "detail": detail}])
    return text.removeprefix("environment:")


def base_of(release, environment: str | None):
    """The release to compare with: what runs in `environment`; without one, where it would go next."""
    if environment is None:
        lanes = Lane.objects.filter(application_id=release.application_id).order_by("-environment__rank")
        environment = lanes.values_list("environment_id", flat=True).first()
    elif not Environment.objects.filter(pk=environment).exists():
        raise NotFound()
    return running_release(release.application_id, environment) if environment else None
