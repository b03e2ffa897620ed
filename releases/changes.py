"""The change list between two releases, from the commits CI posted. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from builds.rules import commit_authors


@dataclass(frozen=True)
class ChangeList:
    """What goes in, or for a rollback what goes away.

    `state`: `supplied` (every build in between came with its commits), `not_supplied` (none did), `unknown`
    (some did not: `missing` names their versions). `direction`: forward, rollback or same. `commits`: newest
    release first, as posted, each once, with `authors` (lower-case e-mails) and the `version` it came in.
    """

    state: str
    direction: str
    commits: tuple[dict, ...]
    authors: tuple[str, ...]
    tickets: tuple[str, ...]
    missing: tuple[str, ...]

    def as_dict(self) -> dict:
        """The wire form, a section of `GET …/diff`."""
        return {
            "state": self.state,
            "direction": self.direction,
            "commits": list(self.commits),
            "authors": list(self.authors),
            "tickets": list(self.tickets),
            "missing": list(self.missing),
        }


def list_changes(direction: str, releases: Iterable[tuple[str, list[dict] | None]]) -> ChangeList:
    """The union of the commits of `releases` = (version, posted commits or None where none were supplied).

    An empty list that was posted is a supplied list; nothing posted is never shown as "no change".
    """
    releases = list(releases)
    missing = tuple(version for version, commits in releases if commits is None)
    seen: dict[str, dict] = {}
    for version, commits in releases:
        for commit in commits or []:
            first = seen.setdefault(commit["sha"], {**commit, "version": version, "authors": []})
            # Posted twice, it may name two: each of them may have written it.
            first["authors"] += [a for a in commit_authors([commit]) if a not in first["authors"]]
    state = "supplied"
    if missing:
        state = "not_supplied" if len(missing) == len(releases) else "unknown"
    found = tuple(seen.values())
    return ChangeList(
        state=state,
        direction=direction,
        commits=found,
        authors=tuple(sorted({author for commit in found for author in commit["authors"]})),
        tickets=tuple(sorted({commit["ticket"] for commit in found if commit.get("ticket")})),
        missing=missing,
    )
