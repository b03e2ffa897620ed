"""The change list between two releases, from the commits CI posted. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# GitHub, "Creating a commit with multiple authors": a last line `Co-authored-by: name <e-mail>`.
CO_AUTHOR = re.compile(r"^\s*co-authored-by:[^<\n]*<([^<>\s]+)>\s*$", re.IGNORECASE | re.MULTILINE)
IN_BRACKETS = re.compile(r"<([^<>\s]+)>\s*$")


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
            seen.setdefault(commit["sha"], {**commit, "version": version, "authors": authors_of(commit)})
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


def authors_of(commit: dict) -> list[str]:
    """Everybody who wrote the commit, as lower-case e-mails in order: `author`, then the `Co-authored-by`
    lines of the message (api.md "Builds"). `Dana <dana@acme.example>` counts as its address. The committer
    is not an author."""
    author = (commit.get("author") or "").strip()
    bracketed = IN_BRACKETS.search(author)
    named = [bracketed.group(1) if bracketed else author, *CO_AUTHOR.findall(commit.get("message") or "")]
    return list(dict.fromkeys(name.lower() for name in named if name))
