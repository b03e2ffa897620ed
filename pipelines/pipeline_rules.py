"""What must hold for a pipeline beyond its form: known groups, promotion in order, gates that can be
filled."""

from dataclasses import asdict

from kernel.refusals import Invalid
from kernel.yaml_marks import Problem, load
from pipelines.errors import wrong
from pipelines.expedited import asked_slots
from pipelines.gates import OWNERS
from pipelines.models import Environment
from pipelines.queries import environments
from pipelines.satisfiability import Case, first_impossible
from pipelines.schema import PipelineSpec, SchemaProblems, parse
from pipelines.targets import KINDS
from teams.models import Application, Group


def checked(application: Application, source: str) -> PipelineSpec:
    """The specification in `source` (YAML) for this application.

    Raises Invalid 422 with pointer, line and column of everything wrong: the codes of pipelines.schema,
    `group_unknown`, `stage_cycle`, `gate_unsatisfiable`.
    """
    places = {environment.pk: environment for environment in environments()}
    try:
        spec = parse(source, KINDS, application=application.pk, environments=set(places))
    except SchemaProblems as error:
        raise Invalid(errors=[problem.as_dict() for problem in error.problems]) from error
    document = load(source)
    problems = [document.problem(*found) for found in (*_groups(spec), *_cycles(spec, places))]
    if problems:
        raise Invalid(errors=[problem.as_dict() for problem in problems])
    _fillable(application, spec, places, document)
    return spec


def _groups(spec: PipelineSpec) -> list[tuple[str, str, str]]:
    """(pointer, code, detail) of every added slot whose group does not exist."""
    slots = [
        (f"/{part}/{i}/slots/{j}/group", slot["group"])
        for part, rows in (("stages", spec.stages), ("expedited", spec.expedited))
        for i, row in enumerate(rows)
        for j, slot in enumerate(row.slots)
        if slot["group"] != OWNERS
    ]
    known = set(Group.objects.filter(pk__in={name for _, name in slots}).values_list("pk", flat=True))
    return [
        (pointer, "group_unknown", f"There is no group {name}.")
        for pointer, name in slots
        if name not in known
    ]


def _cycles(spec: PipelineSpec, places: dict[str, Environment]) -> list[tuple[str, str, str]]:
    """Stages that go back to an environment of a lower rank: with the order of the environments, a circle."""
    found = []
    for index, (stage, following) in enumerate(zip(spec.stages, spec.stages[1:], strict=False), start=1):
        if places[following.environment].rank < places[stage.environment].rank:
            path = f"{following.environment} → {stage.environment} → {following.environment}"
            detail = f"By rank {following.environment} comes before {stage.environment}: {path} is a circle."
            found.append((f"/stages/{index}/environment", "stage_cycle", detail))
    return found


def _fillable(application: Application, spec: PipelineSpec, places: dict[str, Environment], document) -> None:
    stages = {stage.environment: stage.slots for stage in spec.stages}
    gates = {name: places[name].gate for name in stages}
    cases = [Case(name, application, asked_slots(gates[name], slots)) for name, slots in stages.items()]
    cases += [
        Case(
            p.environment,
            application,
            asked_slots(gates[p.environment], stages[p.environment], asdict(p)),
            True,
        )
        for p in spec.expedited
    ]
    found = first_impossible(cases)
    if found is None:
        return
    index, part = cases.index(found.case), "stages"
    if found.case.expedited:
        index, part = index - len(stages), "expedited"
    problem: Problem = document.problem(f"/{part}/{index}/environment", "gate_unsatisfiable", found.text)
    error = wrong(problem.pointer, problem.code, problem.detail, line=problem.line, column=problem.column)
    raise Invalid(errors=[{**error, "groups": found.groups}], groups=found.groups)
