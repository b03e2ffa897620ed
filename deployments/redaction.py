"""Mask what looks like a secret before anything is stored or shown. Pure."""

import re

MASK = "[masked]"
PATTERNS = (
    re.compile(r"rgt_[A-Za-z0-9]{10,}"),
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    # The rest of a key whose beginning stood in an earlier piece of the log.
    re.compile(r"(?:^[A-Za-z0-9+/=]{16,}\n)*-----END [A-Z ]*PRIVATE KEY-----", re.MULTILINE),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,}\b"),
    re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    re.compile(r"(?i)(?<=authorization: )\S+(?: \S+)?"),
    re.compile(
        r"(?i)((?:aws_)?(?:secret(?:_access)?_key|session_token|password|passwd|token)[\"']?\s*[=:]\s*[\"']?)[^\s\"',;]{6,}"
    ),
)


def redacted_lines(pieces: list[str] | tuple[str, ...]) -> list[str]:
    """The lines of `pieces`, masked as one text: a key that spans lines is seen only when they stand together."""
    return redact("\n".join(pieces)).splitlines()


def redact(text: str) -> str:
    """`text` with known secret shapes replaced by `[masked]`; control characters made visible."""
    for pattern in PATTERNS:
        text = pattern.sub(lambda m: (m.group(1) if m.groups() else "") + MASK, text)
    return "".join(c if c >= " " or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)
