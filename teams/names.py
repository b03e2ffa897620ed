"""How things are called: one pattern for teams, groups, applications and usernames. Pure."""

import re

from kernel.refusals import Invalid

NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")


def is_name(text: str) -> bool:
    """True for a lower-case letter followed by at most 62 lower-case letters, digits or hyphens."""
    return NAME.fullmatch(text) is not None


def check_name(text: str, *, pointer: str = "/name") -> str:
    """`text` itself, or Invalid 422 `name_invalid`. The names appear in URLs and audit tags, hence the
    pattern."""
    if not is_name(text):
        detail = "A name begins with a-z, then a-z, 0-9 and hyphens; at most 63 characters."
        raise Invalid(errors=[{"pointer": pointer, "code": "name_invalid", "detail": detail}])
    return text


def check_text(text: str, *, pointer: str, longest: int) -> str:
    """`text` without outer blanks, 1…`longest` characters, or Invalid 422 `text_invalid`."""
    text = text.strip()
    if not 1 <= len(text) <= longest:
        detail = f"This needs 1 to {longest} characters."
        raise Invalid(errors=[{"pointer": pointer, "code": "text_invalid", "detail": detail}])
    return text


def check_reason(text: str, *, pointer: str = "?reason") -> str:
    """`text` without outer blanks, 1…500 characters, or Invalid 422 `reason_required`."""
    text = text.strip()
    if not 1 <= len(text) <= 500:
        detail = "Say why, in 1 to 500 characters."
        raise Invalid(errors=[{"pointer": pointer, "code": "reason_required", "detail": detail}])
    return text
