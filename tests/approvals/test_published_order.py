"""The page of reasons says in which order a vote is refused; integrators rely on it, so the code keeps to the page."""

import re
from pathlib import Path

from approvals.actions.vote import STATUS

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/reference/reasons.md"
ROW = re.compile(r"^\| (\d{3}) \| `(\w+)` \|", re.MULTILINE)


def published() -> list[tuple[str, str]]:
    """(status, code) of the table, from top to bottom."""
    text = PAGE.read_text(encoding="utf-8").split("\n## A vote is refused\n")[1].split("\n## ")[0]
    return ROW.findall(text)


def test_the_page_names_every_refusal_in_the_order_and_with_the_status_it_is_answered_with():
    codes = [(str(kind.status), code) for code, kind in STATUS.items()]
    assert published() == [("404", "not_found"), *codes]


def test_the_page_is_read_to_its_end():
    assert published()[-1] == ("409", "no_vote")
    assert len(published()) == 10
