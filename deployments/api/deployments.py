"""Requests, reads, cancel, resolve, log."""

import time

from django.db import connection
from django.http import HttpResponse
from rest_framework.response import Response

from deployments import queries, representations
from deployments.actions.baseline import baseline
from deployments.actions.cancel import cancel
from deployments.actions.change_parameters import change_parameters
from deployments.actions.request import request as request_deployment
from deployments.actions.resolve import resolve
from deployments.api import serializers
from deployments.api.waiting import seats
from deployments.states import State
from kernel.paging import page, read_limit
from kernel.refusals import Invalid
from kernel.rest import ApiView, ReasonIn, listing, read_body, read_query, read_time

LONGEST_WAIT = 60


def _state(text: str | None) -> str | None:
    if text is not None and text not in set(State):
        detail = f"One of {', '.join(State)}."
        raise Invalid(errors=[{"pointer": "?state", "code": "parameter_invalid", "detail": detail}])
    return text


def _number(name: str, most: int):
    def read(text: str | None) -> int:
        if text is None:
            return 0
        if not text.isascii() or not text.isdigit() or len(text) > 13 or int(text) > most:
            detail = f"A whole number from 0 to {most}."
            raise Invalid(errors=[{"pointer": f"?{name}", "code": "parameter_invalid", "detail": detail}])
        return int(text)

    return read


class DeploymentList(ApiView):
    def get(self, request):
        wanted = {"application": None, "environment": None, "state": _state}
        times = {"from": read_time("from"), "to": read_time("to")}
        query = read_query(request, {**wanted, **times, "cursor": None, "limit": read_limit})
        rows = queries.visible_to(self.actor)
        filters = {
            "application_id": query["application"],
            "environment_id": query["environment"],
            "state": query["state"],
        }
        if query["from"] and query["to"] and query["from"] > query["to"]:
            detail = "The range ends before it begins."
            raise Invalid(errors=[{"pointer": "?to", "code": "range_invalid", "detail": detail}])
        filters |= {"requested_at__gte": query["from"], "requested_at__lt": query["to"]}
        rows = rows.filter(**{name: value for name, value in filters.items() if value is not None})
        return listing(
            request, page(rows, cursor=query["cursor"], limit=query["limit"]), representations.brief
        )

    def post(self, request):
        body = read_body(serializers.DeploymentIn, request)
        asked = request_deployment(actor=self.actor, zone=str(request.zone), **body)
        row = queries.get_visible(self.actor, asked.deployment.pk)
        headers = {"Location": f"/api/v1/deployments/{row.pk}"}
        return Response(representations.full(row), status=202 if asked.created else 200, headers=headers)


class DeploymentDetail(ApiView):
    def get(self, request, deployment_id: str):
        wait = read_query(request, {"wait": _number("wait", LONGEST_WAIT)})["wait"]
        row = queries.get_visible(self.actor, deployment_id)
        if not wait or representations.needs_a_person(row):
            return Response(representations.full(row))
        with seats.take() as seated:
            if not seated:
                return Response(representations.full(row), headers={"Retry-After": "2"})
            row = _wait(self.actor, row, wait)
        return Response(representations.full(row))

    def patch(self, request, deployment_id: str):
        body = read_body(serializers.ParametersIn, request)
        change_parameters(actor=self.actor, deployment_id=deployment_id, **body)
        return Response(representations.full(queries.get_visible(self.actor, deployment_id)))


def _wait(actor, row, seconds: int):
    """Look again until it ends or needs somebody; holds no transaction and no connection while it sleeps."""
    until = time.monotonic() + seconds
    pause = 0.05
    while time.monotonic() < until and not representations.needs_a_person(row):
        connection.close()
        time.sleep(min(pause, max(0, until - time.monotonic())))
        pause = min(1.0, pause * 1.5)
        row = queries.get_visible(actor, row.pk)
    return row


class CancelView(ApiView):
    def post(self, request, deployment_id: str):
        cancel(actor=self.actor, deployment_id=deployment_id, **read_body(ReasonIn, request))
        return Response(representations.full(queries.get_visible(self.actor, deployment_id)))


class ResolveView(ApiView):
    def post(self, request, deployment_id: str):
        resolve(actor=self.actor, deployment_id=deployment_id, **read_body(serializers.ResolveIn, request))
        return Response(representations.full(queries.get_visible(self.actor, deployment_id)))


class BaselineView(ApiView):
    def post(self, request):
        row = baseline(actor=self.actor, **read_body(serializers.BaselineIn, request))
        headers = {"Location": f"/api/v1/deployments/{row.pk}"}
        return Response(
            representations.full(queries.get_visible(self.actor, row.pk)), status=201, headers=headers
        )


class LogView(ApiView):
    def get(self, request, deployment_id: str):
        after = read_query(request, {"after": _number("after", 10**12)})["after"]
        row = queries.get_visible(self.actor, deployment_id)
        text, following = queries.log_after(row, after)
        response = HttpResponse(text, content_type="text/plain; charset=utf-8")
        response["X-Next-Offset"] = str(following)
        return response
