"""A deployment's log as numbered lines. The number of a line never changes, so that it can be linked to."""

import re
from dataclasses import dataclass

from deployments.models import Deployment, DeploymentLog

LAST = 500  # lines shown first
MOST = 5000  # lines a page holds; beyond that the raw log is the way
ERROR = re.compile(r"\b(error|failed|failure|refused|ROLLBACK_\w+|\w+_FAILED|traceback)\b", re.IGNORECASE)
WARN = re.compile(r"\b(warn(ing)?|retry(ing)?|throttl\w+)\b", re.IGNORECASE)


@dataclass(frozen=True)
class LogPart:
    """`lines`: {number, text, level}. `offset`: where the next part begins, in characters. `next_number`: the
    number of its first line. `earlier`: how many lines before these are not shown."""

    lines: list[dict]
    offset: int
    next_number: int
    earlier: int = 0


def read_log(deployment: Deployment, *, everything: bool = False) -> LogPart:
    """The last LAST lines, or up to MOST of them. One query."""
    text, offset = log_text(deployment, 0)
    lines = numbered(text, 1)
    shown = lines[-(MOST if everything else LAST) :]
    return LogPart(shown, offset, len(lines) + 1, len(lines) - len(shown))


def read_more(deployment: Deployment, offset: int, number: int) -> LogPart:
    """What came after `offset`; its first line has the number `number`. One query."""
    text, following = log_text(deployment, offset)
    lines = numbered(text, number)
    return LogPart(lines[-MOST:], following, number + len(lines))


def log_text(deployment: Deployment, after: int) -> tuple[str, int]:
    """(text, next offset) from `after` characters on: whole pieces, as the worker wrote them."""
    rows = DeploymentLog.objects.filter(deployment=deployment, offset__gte=after).order_by("offset")
    pieces = list(rows.values_list("offset", "text"))
    end = pieces[-1][0] + len(pieces[-1][1]) if pieces else after
    return "".join(text for _, text in pieces), end


def numbered(text: str, first: int) -> list[dict]:
    """Lines as components/log_lines.html takes them; only "\\n" ends a line, whatever else a test printed."""
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    return [
        {"number": number, "text": line.rstrip("\r"), "level": _level(line)}
        for number, line in enumerate(lines, start=first)
    ]


def _level(line: str) -> str:
    if ERROR.search(line):
        return "error"
    return "warn" if WARN.search(line) else ""
