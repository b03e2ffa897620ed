"""What one version of a pipeline says otherwise than another."""

import difflib

from kernel.actor import Actor
from pipelines.change_rules import differences
from pipelines.models import PipelineVersion
from pipelines.queries import pipeline_version


def two_versions(
    actor: Actor, application: str, older: int | None, newer: int | None
) -> tuple[PipelineVersion | None, PipelineVersion]:
    """Version `older` (default: the one before `newer`) and `newer` (default: the one in force).

    Before the first there is none, which is also what 0 means. Raises NotFound for a number that never was.
    """
    to = pipeline_version(actor, application, newer)
    number = to.number - 1 if older is None else older
    return (pipeline_version(actor, application, number) if number else None), to


def render_difference(application: str, older: PipelineVersion | None, newer: PipelineVersion) -> dict:
    """`diff`: value by value, as a change of configuration shows it; `lines`: of the sources, as a unified diff."""
    before, after = (row.source.splitlines() if row else [] for row in (older, newer))
    return {
        "application": application,
        "from": older.number if older else None,
        "to": newer.number,
        "diff": differences(older.spec if older else None, newer.spec),
        "lines": list(difflib.unified_diff(before, after, lineterm="", n=3))[2:],
    }
