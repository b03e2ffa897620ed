"""What a release would bring to a place: commits, artifacts, template, rights (`GET …/diff`).

Every section has a `state` of its own: one that could not be read never looks like one without change.
"""

from dataclasses import dataclass

from builds.evidence_store import EvidenceLost, read
from builds.models import Artifact
from builds.representations import in_order
from builds.states import ArtifactState
from releases.iam import widened
from releases.models import Release
from releases.queries import change_list
from releases.templates import (
    TemplateUnreadable,
    compare,
    other_sections,
    read_template,
)

TEMPLATE = "cloudformation-template"


@dataclass(frozen=True)
class _Pair:
    """The template of one name in both releases, parsed; `problem` when one of them could not be read."""

    name: str
    before: dict | None
    after: dict | None
    problem: str | None = None


def diff(release: Release, against: Release | None) -> dict:
    """{"against": version or None, "commits", "artifacts", "template", "iam"}; `against` None: nothing runs
    there. Templates are those that the worker kept when it verified them: nothing here asks AWS.
    """
    old, new = (_by_name(against) if against else {}), _by_name(release)
    pairs = _templates(old, new)
    return {
        "against": against.version if against else None,
        "commits": change_list(against, release).as_dict(),
        "artifacts": compare_artifacts(old, new),
        "template": _template_section(pairs, old, new),
        "iam": _iam_section(pairs, old, new),
    }


def compare_artifacts(old: dict[str, Artifact], new: dict[str, Artifact]) -> dict:
    """{"state": same|changed, "items": [{name, kind, change, old_digest, new_digest, old_size, new_size}]};
    `change`: added, removed, changed, unchanged."""
    items = [_artifact(name, old.get(name), new.get(name)) for name in sorted(old.keys() | new.keys())]
    same = all(item["change"] == "unchanged" for item in items)
    return {"state": "same" if same else "changed", "items": items}


def _by_name(release: Release) -> dict[str, Artifact]:
    return {artifact.name: artifact for artifact in in_order(release.build.artifacts.all())}


def _artifact(name: str, old: Artifact | None, new: Artifact | None) -> dict:
    if old is None:
        change = "added"
    elif new is None:
        change = "removed"
    else:
        change = "unchanged" if old.digest == new.digest else "changed"
    return {
        "name": name,
        "kind": (new or old).kind,
        "change": change,
        "old_digest": old.digest if old else None,
        "new_digest": new.digest if new else None,
        "old_size": old.size if old else None,
        "new_size": new.size if new else None,
    }


def _templates(old: dict[str, Artifact], new: dict[str, Artifact]) -> list[_Pair]:
    names = {name for side in (old, new) for name, artifact in side.items() if artifact.kind == TEMPLATE}
    pairs = []
    for name in sorted(names):
        before, after = old.get(name), new.get(name)
        if before and after and before.digest == after.digest:
            continue
        try:
            pairs.append(_Pair(name, _read(before), _read(after)))
        except TemplateUnreadable as error:
            pairs.append(_Pair(name, None, None, problem=str(error)))
    return pairs


def _read(artifact: Artifact | None) -> dict | None:
    if artifact is None or artifact.kind != TEMPLATE:
        return None
    if artifact.state != ArtifactState.VERIFIED:
        raise TemplateUnreadable(
            f"{artifact.uri} is {artifact.state}, not verified. {artifact.detail}".strip()
        )
    try:
        return read_template(read(artifact.digest))
    except EvidenceLost as error:
        raise TemplateUnreadable(f"No copy of {artifact.uri} is kept here. {error}") from error


def _state(pairs: list[_Pair], old: dict, new: dict, *, changed: bool) -> str:
    """none (no template on either side), unknown (one could not be read), changed or same."""
    if not any(artifact.kind == TEMPLATE for artifact in [*old.values(), *new.values()]):
        return "none"
    if any(pair.problem for pair in pairs):
        return "unknown"
    return "changed" if changed else "same"


def _problems(pairs: list[_Pair]) -> list[dict]:
    return [{"artifact": pair.name, "detail": pair.problem} for pair in pairs if pair.problem]


EMPTY = {"Resources": {}}


def _template_section(pairs: list[_Pair], old: dict, new: dict) -> dict:
    resources, sections = [], []
    for pair in (pair for pair in pairs if not pair.problem):
        after = pair.after or EMPTY
        resources += [{"artifact": pair.name, **c.as_dict()} for c in compare(pair.before, after)]
        sections += [{"artifact": pair.name, "section": name} for name in other_sections(pair.before, after)]
    return {
        "state": _state(pairs, old, new, changed=bool(resources or sections)),
        "resources": resources,
        "sections": sections,
        "problems": _problems(pairs),
    }


def _iam_section(pairs: list[_Pair], old: dict, new: dict) -> dict:
    """`state`: none, unknown, widened or same. A right that cannot be worked out here makes it unknown."""
    grants = [
        {"artifact": pair.name, **grant.as_dict()}
        for pair in pairs
        if not pair.problem
        for grant in widened(pair.before, pair.after or EMPTY)
    ]
    state = _state(pairs, old, new, changed=bool(grants))
    if state == "changed":
        state = "unknown" if any(grant["what"] == "unreadable" for grant in grants) else "widened"
    return {"state": state, "grants": grants, "problems": _problems(pairs)}
