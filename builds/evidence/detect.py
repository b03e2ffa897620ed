"""Which reader takes a file: the kind is said by whoever posts it, the dialect is found in the content."""

from collections.abc import Callable

from builds.evidence import coverage, junit
from builds.evidence.guard import EvidenceRejected, EvidenceTooLarge, Facts

__all__ = ["KINDS", "EvidenceRejected", "EvidenceTooLarge", "Facts", "KindUnknown", "read"]

_READERS: dict[str, Callable[[bytes], Facts]] = {"junit": junit.read, "coverage": coverage.read}
KINDS = tuple(_READERS)


class KindUnknown(ValueError):
    """There is no reader for this kind. The message names those there are."""


def read(kind: str, data: bytes) -> Facts:
    """The facts of a report. Raises EvidenceRejected (EvidenceTooLarge over 10 MB), KindUnknown."""
    reader = _READERS.get(kind)
    if reader is None:
        raise KindUnknown(f"{kind!r} is not one of {', '.join(KINDS)}")
    return reader(data)
