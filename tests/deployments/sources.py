"""Pipelines as code for the small company."""


def pipeline_source(
    application: str, stages: dict[str, dict], expedited: dict[str, dict] | None = None
) -> str:
    """YAML of a pipeline; `stages`: {environment: {"soak", "bake", "slots", "parameters"}}; `expedited`: {environment:
    {"skip", "slots"}}."""
    lines = [f"application: {application}", "stages:"]
    for name, more in stages.items():
        values = "".join(f", {key}: {value}" for key, value in more.get("parameters", {}).items())
        target = f"kind: cloudformation-stack, stack: {application}-{name}, template: template"
        lines += [
            f"  - environment: {name}",
            f"    target: {{{target}, parameters: {{Stage: {name}{values}}}}}",
            "    tests: required",
            f"    soak: {more.get('soak', 0)}",
            f"    bake: {more.get('bake', 0)}",
        ]
        rows = ", ".join(f'{{group: "{s["group"]}", count: {s["count"]}}}' for s in more.get("slots", ()))
        lines.append(f"    slots: [{rows}]")
    lines += ["expedited:"] if expedited else []
    for name, more in (expedited or {}).items():
        rows = ", ".join(f'{{group: "{s["group"]}", count: {s["count"]}}}' for s in more.get("slots", ()))
        lines.append(f"  - {{environment: {name}, skip: [{', '.join(more['skip'])}], slots: [{rows}]}}")
    return "\n".join(lines) + "\n"
