"""Change lists for many rows at once, and in words. The rules are those of releases.queries.change_list."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from insights.templatetags.gate import count
from releases.changes import ChangeList, list_changes
from releases.models import Release

Cut = tuple  # (cut_at, release id): what orders releases


@dataclass(frozen=True)
class Move:
    """`candidate` would replace `running` (None: nothing is recorded there)."""

    application: str
    running: Cut | None
    candidate: Cut

    @property
    def direction(self) -> str:
        """same, rollback or forward."""
        if self.running is None:
            return "forward"
        if self.running[1] == self.candidate[1]:
            return "same"
        return "rollback" if self.running > self.candidate else "forward"

    @property
    def ends(self) -> tuple[Cut | None, Cut]:
        """(older, newer)."""
        if self.direction == "rollback":
            return self.candidate, self.running
        return self.running, self.candidate


def change_lists(moves: Iterable[Move]) -> dict[Move, ChangeList]:
    """One query for all of them, none for none."""
    moves = set(moves)
    spans = Q(pk__in=[])
    for application, (low, high) in _spans(moves).items():
        span = Q(application=application, cut_at__lte=high)
        spans |= span & Q(cut_at__gte=low) if low else span
    posted: dict[str, list] = {}
    if moves:
        columns = ("application_id", "cut_at", "id", "version", "build__commits")
        rows = Release.objects.filter(spans).order_by("-cut_at", "-id").values_list(*columns)
        for application, cut_at, key, version, commits in rows:
            posted.setdefault(application, []).append(((cut_at, key), version, commits))
    return {move: _between(move, posted.get(move.application, [])) for move in moves}


def _spans(moves: set[Move]) -> dict[str, tuple]:
    """Per application the earliest cut (None: from the beginning) and the latest one."""
    spans: dict[str, tuple] = {}
    for move in moves:
        older, newer = move.ends
        low, high = spans.get(move.application, (older and older[0], newer[0]))
        low = None if low is None or older is None else min(low, older[0])
        spans[move.application] = (low, max(high, newer[0]))
    return spans


def _between(move: Move, posted: list) -> ChangeList:
    older, newer = move.ends
    if move.direction == "same":
        return list_changes("same", [])
    rows = [
        (version, commits)
        for cut, version, commits in posted
        if cut <= newer and (older is None or cut > older)
    ]
    return list_changes(move.direction, rows)


def commits_in_words(changes: ChangeList) -> str:
    """`14 commits`, `3 commits go away`, `change list not supplied`; never an empty list that looks like no
    change."""
    if changes.direction == "same":
        return "the same release again"
    if changes.state == "not_supplied":
        return "change list not supplied"
    text = count(len(changes.commits), "commit")
    if changes.state == "unknown":
        text += " known, some not supplied"
    if changes.direction == "rollback":
        text += " goes away" if len(changes.commits) == 1 else " go away"
    return text


def commit_rows(changes: ChangeList, repository: str = "") -> list[dict]:
    """{sha, title, author, ticket, url} for components/commits.html; the title is the message's first
    line."""
    return [
        {
            "sha": commit.get("sha", ""),
            "title": str(commit.get("message", "")).strip().split("\n", 1)[0] or "(no message)",
            "author": ", ".join(commit.get("authors", ())) or commit.get("author", ""),
            "ticket": commit.get("ticket") or "",
            "url": _commit_url(repository, commit.get("sha", "")),
        }
        for commit in changes.commits
    ]


def _commit_url(repository: str, sha: str) -> str:
    """The commit's page on the two hosts whose addresses we know for sure; else none."""
    base = repository.removesuffix(".git").rstrip("/")
    if base.startswith("https://github.com/"):
        return f"{base}/commit/{sha}"
    if base.startswith("https://gitlab.com/"):
        return f"{base}/-/commit/{sha}"
    return ""


def commits_warning(changes: ChangeList) -> str:
    """What must be said about a list that is not whole, or ""."""
    if changes.state == "not_supplied":
        return "Change list not supplied: CI posted no commits with these builds. That is not the same as no change."
    if changes.state == "unknown":
        missing = ", ".join(changes.missing)
        return f"The change list has gaps: {missing} came without commits."
    return ""
