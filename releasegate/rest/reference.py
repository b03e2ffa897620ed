"""The OpenAPI document as plain data for the page `/api/docs`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    name: str
    kind: str
    required: bool


@dataclass(frozen=True)
class Operation:
    """One method of one path. `anchor` is unique in the page."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]


@dataclass(frozen=True)
class Section:
    name: str
    operations: tuple[Operation, ...]


def sections(schema: dict) -> list[Section]:
    """The operations by their first path word, in the order of the alphabet."""
    grouped: dict[str, list[Operation]] = {}
    for path, item in sorted(schema["paths"].items()):
        for method, operation in item.items():
            if isinstance(operation, dict) and "operationId" in operation:
                grouped.setdefault(operation["tags"][0], []).append(
                    _operation(schema, path, method, operation)
                )
    return [Section(name, tuple(found)) for name, found in sorted(grouped.items())]


def _operation(schema: dict, path: str, method: str, operation: dict) -> Operation:
    description = operation.get("description", "")
    first, _, rest = description.partition("\n")
    return Operation(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=first,
        description=rest.strip(),
        parameters=tuple(
            Field(found["name"], found["in"], found.get("required", False))
            for found in operation.get("parameters", [])
        ),
        body=_body(schema, operation.get("requestBody", {})),
    )


def _body(schema: dict, request: dict) -> tuple[Field, ...]:
    for content in request.get("content", {}).values():
        shape = content.get("schema", {})
        if "$ref" in shape:
            shape = schema["components"]["schemas"][shape["$ref"].rsplit("/", 1)[-1]]
        required = shape.get("required", ())
        return tuple(
            Field(name, _kind(found), name in required) for name, found in shape.get("properties", {}).items()
        )
    return ()


def _kind(shape: dict) -> str:
    kind = shape.get("type", "object")
    if isinstance(kind, list):
        kind = " or ".join(kind)
    return f"list of {_kind(shape['items'])}" if kind == "array" and "items" in shape else kind
