"""What a release would bring to a place, section by section. A section that could not be read says so."""

from dataclasses import dataclass, field

from insights.reads.changelists import commit_rows, commits_in_words, commits_warning
from releases.changes import ChangeList
from releases.diff import diff
from releases.models import Release
from releases.queries import change_list

IAM_WORDS = {
    "none": "No template on either side",
    "unknown": "Could not be worked out",
    "widened": "Rights are widened",
    "same": "No right is widened",
}
TEMPLATE_WORDS = {
    "none": "No template on either side",
    "unknown": "Could not be compared",
    "changed": "Changed",
    "same": "Unchanged",
}
ACTIONS = {"added": "add", "removed": "remove", "changed": "modify", "replaced": "replace"}


@dataclass(frozen=True)
class Comparison:
    """`against`: the version that runs there, None where nothing is recorded. `rollback`: the release was cut before
    it. Each section has its state."""

    against: str | None
    commits: list[dict]
    commits_words: str
    commits_warning: str
    rollback: bool
    artifacts: list[dict]
    unchanged: int
    template: dict = field(default_factory=dict)
    iam: dict = field(default_factory=dict)


def compare(release: Release, running: Release | None) -> Comparison:
    """A template that was not kept, or is not verified, makes two sections unknown, never the page."""
    changes = change_list(running, release)
    sections = diff(release, running)
    items = sections["artifacts"]["items"]
    states = {artifact.name: artifact.state for artifact in release.build.artifacts.all()}
    return Comparison(
        against=running.version if running else None,
        commits=commit_rows(changes, release.build.repository),
        commits_words=_words(changes, running),
        commits_warning=commits_warning(changes),
        rollback=changes.direction == "rollback",
        artifacts=[_artifact(item, states) for item in items if item["change"] != "unchanged"],
        unchanged=sum(item["change"] == "unchanged" for item in items),
        template=_template(sections["template"]),
        iam={**sections["iam"], "word": IAM_WORDS[sections["iam"]["state"]]},
    )


def _words(changes: ChangeList, running: Release | None) -> str:
    words = commits_in_words(changes)
    return f"{words} since {running.version}" if running and changes.direction == "forward" else words


def _artifact(item: dict, states: dict[str, str]) -> dict:
    """For components/artifacts.html. One that goes away has no state of its own any more."""
    return {
        "name": item["name"],
        "kind": item["kind"],
        "digest": item["new_digest"] or item["old_digest"],
        "old_digest": item["old_digest"],
        "size": item["new_size"] if item["new_digest"] else item["old_size"],
        "state": states.get(item["name"], "unknown"),
        "change": item["change"],
    }


def _template(section: dict) -> dict:
    """With `word`, and each resource with the word its sign and colour follow."""
    rows = [{**row, "what": ACTIONS.get(row["action"], "same")} for row in section["resources"]]
    return {**section, "resources": rows, "word": TEMPLATE_WORDS[section["state"]]}
