"""`POST /accounts/{id}/test`: a worker of the account's pool tries, and we wait for its answer."""

import json
import time

from django.db import connection
from rest_framework.response import Response

from deployments.actions.close_account_test import close_account_test
from deployments.actions.request_account_test import ANSWER_SECONDS, request_account_test
from deployments.api.waiting import seats
from kernel.refusals import Unavailable
from kernel.rest import ApiView, read_query
from pipelines.models import ConnectionTest


class AccountTest(ApiView):
    def post(self, request, name):
        """Try the way in now, by a worker of its pool: {"ok", "arn", "checks"}; 503 `pool_unavailable` without one."""
        read_query(request, {})
        asked = request_account_test(actor=self.actor, account_id=name)
        return Response({"test": asked.pk}, status=202)

    def after_commit(self, response):
        """Outside any transaction: the worker writes its answer into ours to see."""
        if response.status_code != 202:
            return response
        test_id = json.loads(response.content)["test"]
        with seats.take() as seated:
            if not seated:
                raise Unavailable(
                    "Too many wait already. Ask again with the same Idempotency-Key.", code="busy"
                )
            return Response(_wait(test_id, ANSWER_SECONDS))


def _wait(test_id: str, seconds: float) -> dict:
    """Look until the answer is there; holds no transaction and no connection while it sleeps."""
    until, pause = time.monotonic() + seconds, 0.02
    while time.monotonic() < until:
        answer = ConnectionTest.objects.values_list("answer", flat=True).get(pk=test_id)
        if answer is not None:
            return answer
        if not connection.in_atomic_block:
            connection.close()
        time.sleep(pause)
        pause = min(0.5, pause * 1.5)
    return close_account_test(test_id, seconds=round(seconds))
