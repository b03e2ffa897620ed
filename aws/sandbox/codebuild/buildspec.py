"""Build specifications: what to run and what to keep (CodeBuild User Guide, "Buildspec reference")."""

from dataclasses import dataclass, field
from typing import Any

import yaml

PHASES = ("install", "pre_build", "build", "post_build")


class BuildspecInvalid(Exception):
    """The build specification cannot be used; the text says why, as YAML_FILE_ERROR does."""


@dataclass(frozen=True)
class Collected:
    """Files to keep: patterns under a base directory; `flat` drops their folders (discard-paths)."""

    files: list[str]
    base: str = ""
    flat: bool = False


@dataclass(frozen=True)
class Buildspec:
    """One build specification, read."""

    variables: dict[str, str]
    commands: dict[str, list[str]]
    finally_: dict[str, list[str]]
    collected: list[Collected] = field(default_factory=list)


def _strings(value: Any, where: str) -> list[str]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(item, (str, int, float)) for item in listed):
        raise BuildspecInvalid(f"YAML_FILE_ERROR: Expected Commands[] to be of string type: found in {where}")
    return [str(item) for item in listed]


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value or {}, dict):
        raise BuildspecInvalid(f"YAML_FILE_ERROR: {where} must be a map")
    return value or {}


def parse(text: str) -> Buildspec:
    """A build specification of version 0.1 or 0.2. Raises BuildspecInvalid."""
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as exc:
        raise BuildspecInvalid(f"YAML_FILE_ERROR: the build specification is not YAML: {exc}") from exc
    document = _mapping(document, "the build specification")
    if str(document.get("version")) not in ("0.1", "0.2"):
        raise BuildspecInvalid("YAML_FILE_ERROR: This build image supports versions 0.1 and 0.2")
    phases = _mapping(document.get("phases"), "phases")
    strange = sorted(str(name) for name in phases if name not in PHASES)
    if strange:
        raise BuildspecInvalid(f"YAML_FILE_ERROR: unknown phase {strange[0]}")
    commands, last = {}, {}
    for name in PHASES:
        phase = _mapping(phases.get(name), f"phases.{name}")
        commands[name] = _strings(phase.get("commands") or [], f"phases.{name}.commands")
        last[name] = _strings(phase.get("finally") or [], f"phases.{name}.finally")
    if not any(commands.values()):
        raise BuildspecInvalid("YAML_FILE_ERROR: No commands found for phase name: build")
    variables = _mapping(_mapping(document.get("env"), "env").get("variables"), "env.variables")
    named = {str(key): str(value) for key, value in variables.items()}
    return Buildspec(named, commands, last, _collected(document))


def _collected(document: dict[str, Any]) -> list[Collected]:
    sections = [_mapping(document.get("artifacts"), "artifacts")]
    for name, report in _mapping(document.get("reports"), "reports").items():
        sections.append(_mapping(report, f"reports.{name}"))
    found = []
    for section in sections:
        if section.get("files"):
            files = _strings(section["files"], "files")
            flat = str(section.get("discard-paths", "no")).lower() in ("yes", "true")
            found.append(Collected(files, str(section.get("base-directory") or ""), flat))
    return found
