"""What makes two posts the same build, and what follows from a build's facts. Pure.

Content is application, version, commit, branch, repository and per artifact name, kind, uri, version_id and
digest; everything else is kept from the first post.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

import rfc8785

from builds.post import check_post
from builds.states import ArtifactState, BuildState

__all__ = [
    "MOST_BYTES",
    "branch_matches",
    "build_state",
    "check_post",
    "commit_authors",
    "content",
    "content_digest",
    "differences",
    "unreadable_authors",
    "warnings",
]

# Of one artifact. A worker holds one in memory while it copies it into an account, so what is larger is not verified.
MOST_BYTES = 1024**3
FIELDS = ("application", "version", "commit", "branch", "repository")
ARTIFACT_FIELDS = ("name", "kind", "uri", "version_id", "digest")
FORGES = frozenset({"noreply@github.com", "noreply@gitlab.com", "noreply@bitbucket.org"})
MOST_OF_A_NAME = 320
_CO_AUTHOR = re.compile(r"^[ \t]*co-authored-by:[ \t]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
# Any address in a name, however a tool wrote it: `Rita <r@x>`, `r@x (Rita)`, `Rita r@x`, `<mailto:r@x>`, `r@x,d@x`.
_ADDRESS = re.compile(r"[^\s<>()\[\]\",;:@]+@[^\s<>()\[\]\",;:@]+")


def content(post: Mapping) -> dict:
    """The content of a post or of a stored build; artifacts sorted by name, an absent version_id is ""."""
    artifacts = [{name: row.get(name) or "" for name in ARTIFACT_FIELDS} for row in post["artifacts"]]
    return {
        **{name: post[name] for name in FIELDS},
        "artifacts": sorted(artifacts, key=lambda row: row["name"]),
    }


def content_digest(content: Mapping) -> str:
    """`sha256:<64 hex>` over the RFC 8785 form of `content(post)`; the same whatever order artifacts came
    in."""
    return "sha256:" + hashlib.sha256(rfc8785.dumps(dict(content))).hexdigest()


def differences(stored: Mapping, posted: Mapping) -> list[dict]:
    """Where two contents differ: [{pointer, code, detail}], both values named (requirement A02).

    Pointers name artifacts by their name (`/artifacts/function/digest`), because their order means nothing.
    """
    errors = [
        _differs(f"/{name}", "differs", stored[name], posted[name])
        for name in FIELDS
        if stored[name] != posted[name]
    ]
    before, after = ({row["name"]: row for row in side["artifacts"]} for side in (stored, posted))
    for name in sorted(before | after):
        pointer = f"/artifacts/{name}"
        if name not in after:
            errors.append({"pointer": pointer, "code": "missing", "detail": f"{name} was posted before."})
        elif name not in before:
            errors.append({"pointer": pointer, "code": "added", "detail": f"{name} was not posted before."})
        else:
            errors += [
                _differs(f"{pointer}/{field}", "differs", before[name][field], after[name][field])
                for field in ARTIFACT_FIELDS
                if before[name][field] != after[name][field]
            ]
    return errors


def _differs(pointer: str, code: str, old: str, new: str) -> dict:
    return {
        "pointer": pointer,
        "code": code,
        "detail": f"Posted before: {old or '(none)'}; now: {new or '(none)'}.",
    }


def build_state(artifact_states: Iterable[str]) -> BuildState:
    """All artifacts verified → verified; any mismatch → quarantined; otherwise (none at all, too)
    received."""
    states = list(artifact_states)
    if ArtifactState.MISMATCH in states:
        return BuildState.QUARANTINED
    if states and all(state == ArtifactState.VERIFIED for state in states):
        return BuildState.VERIFIED
    return BuildState.RECEIVED


def branch_matches(branch: str, patterns: Iterable[str]) -> bool:
    """Whether builds of this branch cut a release by themselves. Patterns such as `main` and `release/*`:
    `*` is any text without a slash, `**` any text, `?` one character; upper and lower case differ."""
    return any(_pattern(pattern).fullmatch(branch) for pattern in patterns)


@lru_cache(maxsize=512)
def _pattern(pattern: str) -> re.Pattern:
    parts = re.split(r"(\*\*+|\*|\?)", pattern)
    words = {"*": "[^/]+", "?": "[^/]"}
    return re.compile(
        "".join(".+" if part.startswith("**") else words.get(part, re.escape(part)) for part in parts)
    )


def commit_authors(commits: Iterable[Mapping] | None) -> list[str]:
    """The e-mail addresses, in lower case and without repetition, of all who wrote the commits: authors,
    committers and the `Co-authored-by` lines of messages. A forge that commits what somebody merges in its
    pages is nobody. A name without an address stands there as it was written: an author whom nobody knows.
    None (not supplied) gives none; `warnings` says so."""
    found: dict[str, None] = {}
    for commit in commits or ():
        for name in _names(commit):
            found.update(dict.fromkeys(_addresses(name) or [_visible(name).strip()[:MOST_OF_A_NAME]]))
    return [address for address in found if address and address not in FORGES]


def unreadable_authors(commits: Iterable[Mapping] | None) -> list[str]:
    """The names among them in which there is no address."""
    names = (name for commit in commits or () for name in _names(commit))
    return list(dict.fromkeys(name for name in names if _visible(name).strip() and not _addresses(name)))


def _names(commit: Mapping) -> list[str]:
    names = [commit.get("author") or "", commit.get("committer") or ""]
    return names + _CO_AUTHOR.findall(commit.get("message") or "")


def _addresses(name: str) -> list[str]:
    return [found.strip(".'").casefold() for found in _ADDRESS.findall(_visible(name))]


def _visible(name: str) -> str:
    """Without what nobody sees: a zero-width space would make another address of the same letters."""
    return "".join(char for char in name if unicodedata.category(char) != "Cf")


def warnings(post: Mapping) -> list[dict]:
    """What is allowed but weakens the release: [{code, detail}]."""
    found = []
    if post.get("commits") is None:
        detail = "No commits were supplied, so authors of the change cannot be kept from approving it."
        found.append({"code": "commits_missing", "detail": detail})
    nameless = unreadable_authors(post.get("commits"))
    if nameless:
        detail = f"No address could be read in {len(nameless)} author(s), so they are nobody we know."
        found.append({"code": "author_unreadable", "detail": detail})
    if not post.get("submitter"):
        detail = "No submitter was named, so nobody is kept from approving as one."
        found.append({"code": "submitter_missing", "detail": detail})
    if not any(row.get("kind") == "test-bundle" for row in post["artifacts"]):
        detail = "There is no test-bundle, so a stage that requires tests will refuse this build."
        found.append({"code": "tests_missing", "detail": detail})
    return found
