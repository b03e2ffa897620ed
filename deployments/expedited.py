"""The expedited way into an environment as plain data: which stages are not asked for, and what is said of it. Pure.

It changes the promotion order and the slots, nothing else (requirement J07). What a path may be: pipelines.expedited.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kernel.verdicts import Reason
from pipelines.expedited import path_to


@dataclass(frozen=True)
class Expedited:
    """`skip`: stages that are not asked for; None: the pipeline defines no such way (any more). `waives_soak`: the
    stage right before is one of them, so nobody waits for the time to be spent there."""

    skip: tuple[str, ...] | None
    waives_soak: bool = False


def path_of(expedited: bool, pipeline, environment: str) -> dict | None:
    """The path that a request asked for, as the pipeline version has it now; None for the usual way too."""
    return path_to(pipeline.spec, environment) if expedited and pipeline is not None else None


def way_of(expedited: bool, path: Mapping | None, before: str | None) -> Expedited | None:
    """What the rules ask; None: the usual way. `before`: the environment of the stage right before."""
    if not expedited:
        return None
    return Expedited(tuple(path["skip"]), before in path["skip"]) if path is not None else Expedited(None)


def undefined(application: str, environment: str) -> Reason:
    """Why it may not go: nobody said that anything may be skipped on the way there."""
    text = f"The pipeline of {application} defines no expedited path to {environment}."
    how = "Ask for it the usual way; in an emergency a release manager breaks the glass."
    return Reason("expedited_not_defined", text, f"pipeline:{application}", None, how)


def skipped(way: Expedited, version: str, previous: str | None) -> Reason:
    """Why the order is passed."""
    named = " and ".join(way.skip)
    instead = f"{version} has succeeded in {previous}" if previous else "no stage before is asked for"
    return Reason(
        "expedited", f"Expedited: {named} {'is' if len(way.skip) == 1 else 'are'} skipped; {instead}."
    )
