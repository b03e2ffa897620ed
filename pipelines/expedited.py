"""The expedited paths of a pipeline: which stages an urgent release need not have passed, and whose word it needs.

A path skips the promotion order only, and only the stages that it names. It adds slots; in place of those of the gate
stand others only where the environment itself says so (`expedited_slots`). Requirement J07. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kernel.yaml_marks import Reader

MAX_PATHS = 50


@dataclass(frozen=True)
class PathSpec:
    """`skip`: stages before `environment`, in the order they were named; `slots`: [{"group", "count"}] to add."""

    environment: str
    skip: list
    slots: list


def path_to(spec: Mapping | None, environment: str) -> dict | None:
    """The path {"environment", "skip", "slots"} of a stored pipeline that leads there, or None."""
    paths = (spec or {}).get("expedited", ())
    return next((path for path in paths if path["environment"] == environment), None)


def asked_slots(gate: Mapping | None, stage_slots: Sequence[dict], path: Mapping | None = None) -> list[dict]:
    """Who is asked: the environment's own slots (on a path its `expedited_slots`, where it has any), with what the
    stage and the path add."""
    gate = gate or {}
    own = gate.get("slots") or []
    if path is None:
        return [*own, *stage_slots]
    return [*(gate.get("expedited_slots") or own), *stage_slots, *path["slots"]]


def slots_of_gate(gate: Mapping | None) -> list[dict]:
    """Every slot that an environment asks for on any way there."""
    gate = gate or {}
    return [*(gate.get("slots") or ()), *(gate.get("expedited_slots") or ())]


def slots_added(spec: Mapping, environment: str | None = None) -> list[dict]:
    """Every slot that a stored pipeline adds, in this environment or anywhere."""
    rows = [*spec["stages"], *spec.get("expedited", ())]
    return [
        slot for row in rows if environment in (None, row["environment"]) for slot in row.get("slots", ())
    ]


def read_paths(reader: Reader, body: Mapping, stages: Sequence[str], read_slots) -> tuple[PathSpec, ...]:
    """The paths under `expedited`; says to `reader` what is wrong with them.

    `stages`: environments in order; `read_slots(rows, pointer)`: reads slots as a stage's are read. Codes:
    `type_invalid`, `unknown_stage`, `skip_empty`, `skip_not_before`, `duplicate_stage`, `duplicate_environment`.
    """
    rows = body.get("expedited", [])
    if not isinstance(rows, list) or len(rows) > MAX_PATHS:
        detail = f"expedited is a list of at most {MAX_PATHS} {{environment, skip, slots}}."
        reader.say("/expedited", "type_invalid", detail)
        return ()
    paths = [_path(reader, row, f"/expedited/{index}", stages, read_slots) for index, row in enumerate(rows)]
    names = [path.environment for path in paths]
    for index, name in enumerate(names):
        if name and name in names[:index]:
            detail = f"{name} has an expedited path already."
            reader.say(f"/expedited/{index}/environment", "duplicate_environment", detail)
    return tuple(paths)


def _path(reader: Reader, row, pointer: str, stages: Sequence[str], read_slots) -> PathSpec:
    body = reader.mapping(row, pointer, ("environment", "skip", "slots"), ("environment", "skip"))
    name = body.get("environment")
    if "environment" in body and (not isinstance(name, str) or name not in stages):
        reader.say(f"{pointer}/environment", "unknown_stage", _stages_are(stages))
        name = ""
    slots = read_slots(body["slots"], f"{pointer}/slots") if "slots" in body else []
    skip = _skip(reader, body["skip"], f"{pointer}/skip", name, stages) if "skip" in body else []
    return PathSpec(name or "", skip, slots)


def _skip(reader: Reader, rows, pointer: str, environment: str | None, stages: Sequence[str]) -> list:
    if not isinstance(rows, list):
        reader.say(pointer, "type_invalid", "skip is a list of stages.")
        return []
    if not rows:
        reader.say(pointer, "skip_empty", "Name the stages to skip; without any it is the usual way.")
    for index, name in enumerate(rows):
        place = f"{pointer}/{index}"
        if not isinstance(name, str) or name not in stages:
            reader.say(place, "unknown_stage", _stages_are(stages))
        elif name in rows[:index]:
            reader.say(place, "duplicate_stage", f"{name} is skipped already.")
        elif environment and stages.index(name) >= stages.index(environment):
            reader.say(place, "skip_not_before", f"{name} does not come before {environment}.")
    return rows


def _stages_are(stages: Sequence[str]) -> str:
    return f"The stages are {', '.join(name for name in stages if name)}."
