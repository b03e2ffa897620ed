"""Which builds become releases by themselves. Pure."""

from collections.abc import Iterable
from fnmatch import fnmatchcase


def cuts_automatically(branch: str, patterns: Iterable[str]) -> bool:
    """True when the branch matches one of the application's release branches: shell patterns, case matters,
    `*` also matches a slash (`release/*` covers `release/2026/11`). A build without a branch never does."""
    return bool(branch) and any(fnmatchcase(branch, pattern) for pattern in patterns)
