"""Releases as the API shows them."""

from kernel.verdicts import wire_time
from releases.models import Release


def release_representation(release: Release, environments: dict) -> dict:
    """The body of `GET /releases/{application}/{version}`.

    `environments` = {"dev": {"deployment", "state", "at"}}: where it was deployed, which deployments knows.
    """
    return {
        "id": release.pk,
        "application": release.application_id,
        "version": release.version,
        "build": release.build_id,
        "state": release.state,
        "cut_at": wire_time(release.cut_at),
        "withdrawn_at": wire_time(release.withdrawn_at),
        "withdrawn_reason": release.withdrawn_reason or None,
        "environments": environments,
    }
