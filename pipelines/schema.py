"""A pipeline as code: YAML in, a checked specification out, every problem with its line and column.

The shape is published: `application`, `stages` of `environment`, `target {kind, …}`, `tests`, `soak`, `bake`,
`slots`; `expedited` as pipelines.expedited says. The target's settings are checked by the JSON Schema (2020-12) of its
kind, handed in by the caller.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from kernel.yaml_marks import Document, Problem, Reader, YamlProblems, join, load
from pipelines.expedited import PathSpec, read_paths
from pipelines.secrets import find_secret

TESTS = ("required", "advisory", "none")
DEFAULT_TESTS = "required"  # a stage that says nothing fails closed
MAX_STAGES = 50
MAX_SECONDS = 30 * 86_400  # soak and bake
MAX_COUNT = 20
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_GROUP = re.compile(r"@owners|[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_STAGE_KEYS = ("environment", "target", "tests", "soak", "bake", "slots")
_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


class SchemaProblems(Exception):
    """The pipeline cannot be taken. `problems`: a list of Problem (pointer, line, column, code, detail)."""

    def __init__(self, problems: list[Problem]):
        super().__init__("; ".join(f"line {p.line}: {p.detail}" for p in problems))
        self.problems = problems


@dataclass(frozen=True)
class StageSpec:
    """One stage. `target`: {"kind", …}; `soak`, `bake`: seconds; `slots`: [{"group", "count"}] to add."""

    environment: str
    target: dict
    tests: str
    soak: int
    bake: int
    slots: list


@dataclass(frozen=True)
class PipelineSpec:
    """A checked pipeline; the stages in order."""

    application: str
    stages: tuple[StageSpec, ...]
    expedited: tuple[PathSpec, ...] = ()

    def as_dict(self) -> dict:
        """`{"stages": [{"environment", "target", "tests", "soak", "bake", "slots"}]}`, every key present; with
        `"expedited": [{"environment", "skip", "slots"}]` where there is such a path."""
        stages = {"stages": [asdict(stage) for stage in self.stages]}
        return stages | ({"expedited": [asdict(path) for path in self.expedited]} if self.expedited else {})


def parse(
    source: str | bytes,
    kinds: Mapping[str, Mapping],
    *,
    application: str | None = None,
    environments: frozenset[str] | set[str] | None = None,
) -> PipelineSpec:
    """The pipeline in `source`. Raises SchemaProblems with everything wrong, in the order of the file.

    `kinds`: {target kind: JSON Schema of its settings without `kind`}. `application`: the one it must be for.
    `environments`: the names that exist (None: not checked).
    """
    try:
        document = load(source)
    except YamlProblems as error:
        raise SchemaProblems(error.problems) from error
    reader = _Reader(document, kinds, environments)
    secret = reader.secret(source)
    if secret is not None:
        raise SchemaProblems([secret])
    spec = reader.pipeline(application)
    if reader.problems:
        raise SchemaProblems(sorted(reader.problems, key=lambda p: (p.line, p.column, p.pointer)))
    return spec


def _pattern(_, pattern: str, instance, __):
    """As ECMA-262 means it, which JSON Schema refers to: Python's `$` also stands before a last newline."""
    end = pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern
    if isinstance(instance, str) and not re.search(end, instance):
        yield ValidationError("This does not have the form that is wanted.")


_Validator = extend(Draft202012Validator, {"pattern": _pattern})


class _Reader(Reader):
    """Collects problems; what is wrong is replaced by something harmless and thrown away at the end."""

    def __init__(self, document: Document, kinds: Mapping[str, Mapping], environments):
        super().__init__(document)
        self.kinds = kinds
        self.environments = environments

    def secret(self, source: str | bytes) -> Problem | None:
        """A secret in a value or in a comment. It is the only answer, so that no other one can repeat it."""
        detail = "This looks like a secret; refer to Secrets Manager or an SSM parameter instead."
        pointer = find_secret(self.document.value)
        if pointer is not None:
            return self.document.problem(pointer, "secret_in_parameters", detail)
        text = source.decode("utf-8-sig") if isinstance(source, bytes) else source
        for number, line in enumerate(text.splitlines(), start=1):
            if find_secret(line) is not None:
                return Problem("", number, 1, "secret_in_parameters", detail)
        return None

    def pipeline(self, application: str | None) -> PipelineSpec:
        needed = ("application", "stages")
        body = self.mapping(self.document.value, "", (*needed, "expedited"), needed)
        name = body.get("application")
        if "application" in body:
            if not isinstance(name, str):
                self.say("/application", "type_invalid", "This must be text.")
            elif application is not None and name != application:
                self.say("/application", "application_mismatch", f"This is the pipeline of {application}.")
        stages = body.get("stages")
        if "stages" in body and not isinstance(stages, list):
            self.say("/stages", "type_invalid", "This must be a list of stages.")
        elif "stages" in body and not 1 <= len(stages) <= MAX_STAGES:
            self.say("/stages", "length_invalid", f"A pipeline has 1 to {MAX_STAGES} stages.")
        rows = stages if isinstance(stages, list) else []
        specs = tuple(self.stage(row, f"/stages/{index}") for index, row in enumerate(rows[:MAX_STAGES]))
        self.repeated(specs)
        paths = read_paths(self, body, [spec.environment for spec in specs], self.slots)
        return PipelineSpec(name if isinstance(name, str) else "", specs, paths)

    def repeated(self, stages: tuple[StageSpec, ...]) -> None:
        seen: dict[str, int] = {}
        for index, stage in enumerate(stages):
            if stage.environment and stage.environment in seen:
                detail = f"{stage.environment} is stage {seen[stage.environment] + 1} already."
                self.say(f"/stages/{index}/environment", "duplicate_environment", detail)
            seen.setdefault(stage.environment, index)

    def stage(self, row, pointer: str) -> StageSpec:
        body = self.mapping(row, pointer, _STAGE_KEYS, ("environment", "target"))
        return StageSpec(
            environment=self.environment(body, pointer),
            target=self.target(body["target"], f"{pointer}/target") if "target" in body else {},
            tests=self.tests(body, pointer),
            soak=self.seconds(body, pointer, "soak"),
            bake=self.seconds(body, pointer, "bake"),
            slots=self.slots(body.get("slots"), f"{pointer}/slots") if "slots" in body else [],
        )

    def environment(self, body: dict, pointer: str) -> str:
        name = body.get("environment", "")
        place = f"{pointer}/environment"
        if "environment" in body and (not isinstance(name, str) or not _NAME.fullmatch(name)):
            self.say(place, "name_invalid", "An environment's name has small letters, digits and hyphens.")
            return ""
        if name and self.environments is not None and name not in self.environments:
            self.say(place, "unknown_environment", f"There is no environment {name}.")
        return name

    def tests(self, body: dict, pointer: str) -> str:
        value = body.get("tests", DEFAULT_TESTS)
        if value not in TESTS:
            self.say(f"{pointer}/tests", "value_invalid", f"tests is one of {', '.join(TESTS)}.")
        return value

    def seconds(self, body: dict, pointer: str, key: str) -> int:
        value = body.get(key, 0)
        if not isinstance(value, int) or isinstance(value, bool):
            self.say(f"{pointer}/{key}", "type_invalid", f"{key} is a whole number of seconds.")
            return 0
        if not 0 <= value <= MAX_SECONDS:
            self.say(f"{pointer}/{key}", "value_invalid", f"{key} is from 0 to {MAX_SECONDS} seconds.")
        return value

    def slots(self, rows, pointer: str) -> list:
        if not isinstance(rows, list) or len(rows) > MAX_COUNT:
            self.say(pointer, "type_invalid", f"slots is a list of at most {MAX_COUNT} {{group, count}}.")
            return []
        return [self.slot(row, join(pointer, index)) for index, row in enumerate(rows)]

    def slot(self, row, pointer: str) -> dict:
        body = self.mapping(row, pointer, ("group", "count"), ("group",))
        group, count = body.get("group"), body.get("count", 1)
        if "group" in body and (not isinstance(group, str) or not _GROUP.fullmatch(group)):
            self.say(f"{pointer}/group", "name_invalid", "This is not the name of a group.")
        # A stage may add keys to the environment's gate and never take one away, so there is no zero.
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MAX_COUNT:
            self.say(f"{pointer}/count", "value_invalid", f"count is a whole number from 1 to {MAX_COUNT}.")
        return {"group": group, "count": count}

    def target(self, value, pointer: str) -> dict:
        if not isinstance(value, dict):
            self.say(pointer, "type_invalid", "target must be a mapping with a kind.")
            return {}
        if "kind" not in value:
            self.say(pointer, "required", "The key kind is missing.")
        elif not isinstance(value["kind"], str) or value["kind"] not in self.kinds:
            detail = f"The kinds of target are {', '.join(sorted(self.kinds))}."
            self.say(f"{pointer}/kind", "unknown_kind", detail)
        else:
            self.settings({k: v for k, v in value.items() if k != "kind"}, self.kinds[value["kind"]], pointer)
        self.fractions(value, pointer)
        return value

    def fractions(self, value, pointer: str) -> None:
        """Fractions have no single canonical form (RFC 8785), so an approval cannot be bound to them."""
        if isinstance(value, float):
            self.say(pointer, "number_invalid", "Put quotes around a number with a fraction or an exponent.")
        elif isinstance(value, int) and abs(value) >= 2**53:
            self.say(pointer, "number_invalid", "Put quotes around a number this large.")
        elif isinstance(value, dict | list):
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                self.fractions(item, join(pointer, key))

    def settings(self, value: dict, schema: Mapping, pointer: str) -> None:
        for error in _Validator(schema).iter_errors(value):
            place = join(pointer, *error.absolute_path)
            if error.validator == "additionalProperties" and isinstance(error.validator_value, bool):
                known = error.schema.get("properties", {})
                for key in sorted(set(error.instance) - set(known)):
                    detail = f"Unknown key; known here are {', '.join(known) or 'none'}."
                    self.say(join(place, key), "unknown_field", detail, at_key=True)
            elif error.validator == "required":
                for key in sorted(set(error.validator_value) - set(error.instance)):
                    self.say(place, "required", f"The key {key} is missing.")
            else:
                self.say(place, *_explained(error.validator, error.validator_value))


def _explained(validator: str, wanted) -> tuple[str, str]:
    """Code and sentence for a JSON Schema keyword. Never jsonschema's own message: it repeats the value."""
    if validator == "type":
        names = wanted if isinstance(wanted, list) else [wanted]
        return "type_invalid", f"This must be {' or '.join(_TYPES.get(name, name) for name in names)}."
    if validator in ("enum", "const"):
        values = wanted if isinstance(wanted, list) else [wanted]
        return "value_invalid", f"This is one of {', '.join(map(str, values))}."
    if validator == "pattern":
        return "value_invalid", f"This does not have the form {wanted}."
    return (
        "value_invalid",
        f"This breaks the rule {validator} {wanted if isinstance(wanted, int | float) else ''}".strip() + ".",
    )
