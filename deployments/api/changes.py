"""`GET /changes/{id}/effect`: what would a proposed change of configuration have changed?"""

from rest_framework.response import Response

from deployments.effect import Difference, effect_of
from kernel.clock import now
from kernel.rest import ApiView, read_query
from kernel.verdicts import wire_time
from pipelines.subjects import get_change


class ChangeEffect(ApiView):
    def get(self, request, change_id: str):
        """The last 30 days under the proposal: the deployments that would have gone otherwise, newest first."""
        read_query(request, {})
        found = effect_of(get_change(self.actor, change_id), self.actor, now())
        return Response(
            {
                "from": wire_time(found.since),
                "to": wire_time(found.until),
                "replayed": found.replayed,
                "more": found.more,
                "differences": [_difference(one) for one in found.differences],
            }
        )


def _difference(one: Difference) -> dict:
    return {
        "deployment": one.deployment.pk,
        "application": one.deployment.application_id,
        "version": one.deployment.version,
        "environment": one.deployment.environment_id,
        "state": one.deployment.state,
        "at": wire_time(one.at),
        "before": one.before.as_dict(),
        "after": one.after.as_dict(),
    }
