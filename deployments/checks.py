"""Django system checks: a target kind is listed in three apps, and one that lacks a place would fail at every tick."""

from django.core.checks import Error

from aws import policies
from deployments.executors import REGISTRY
from pipelines.targets import KINDS


def target_kinds(app_configs, **options) -> list[Error]:
    """Every target kind has its settings' schema, its executor and its session policies."""
    places = {
        "pipelines.targets.KINDS": set(KINDS),
        "deployments.executors.REGISTRY": set(REGISTRY),
        "aws.policies.KINDS": {kind.replace("_", "-") for kind in policies.KINDS},
    }
    everywhere = set().union(*places.values())
    return [
        Error(
            f"{place} does not know the target kind {kind}.",
            hint="CONTRIBUTING.md, Add a target kind, lists every place.",
            id="deployments.E001",
        )
        for place, known in places.items()
        for kind in sorted(everywhere - known)
    ]
