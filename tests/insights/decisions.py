"""Where the page of a request and its form are, and what stands on it in red."""

import re

COMMENT = "I looked at the change set."


def page_of(deployment) -> str:
    return f"/approvals/{deployment.approval_id}"


def vote_of(deployment) -> str:
    return f"{page_of(deployment)}/vote"


def red(answer) -> str:
    found = re.search(r'<ul class="red-facts">.*?</ul>', answer.html, re.DOTALL)
    return found.group(0) if found else ""
