"""Mask what looks like a secret before anything is stored or shown. Pure, and linear in the length of the text."""

import re

from pipelines.secrets import TOKENS

MASK = "[masked]"
KEY_MARK = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{16}")  # base64, in whatever frame somebody printed it
KEY_HEADER = re.compile(r"(?:Proc-Type|DEK-Info|Version|Comment): ")  # RFC 1421, RFC 9580
FRAME = " \t\r|>+\"',;:#*-\\"
PATTERNS = (
    *TOKENS,
    re.compile(r"rgt_[A-Za-z0-9]{10,}"),  # shorter, and anywhere: rather once too often
    re.compile(r"(?i)(?<=authorization: )\S+(?: \S+)?"),
    re.compile(
        r"(?i)((?:aws_)?(?:secret(?:_access)?_key|session_token|password|passwd|token)[\"']?\s*[=:]\s*[\"']?)[^\s\"',;]{6,}"
    ),
)


def redacted_lines(pieces: list[str] | tuple[str, ...], *, in_key: bool = False) -> tuple[list[str], bool]:
    """(the lines of `pieces`, masked as one text; whether they end inside a private key).

    A log comes in pieces, and a key may begin in one and end in another: `in_key` says how the piece before
    ended. What follows the beginning of a key is masked until its end, or until a line that no key has.
    """
    text, in_key = _without_keys("\n".join(pieces), in_key)
    return _without_the_rest(text).splitlines(), in_key


def redact(text: str) -> str:
    """`text` with known secret shapes replaced by `[masked]`; control characters made visible."""
    return _without_the_rest(_without_keys(text, False)[0])


def _without_the_rest(text: str) -> str:
    for pattern in PATTERNS:
        text = pattern.sub(lambda m: (m.group(1) if m.groups() else "") + MASK, text)
    return "".join(c if c >= " " or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


def _without_keys(text: str, in_key: bool) -> tuple[str, bool]:
    """(the text with each private key as one mask, whether it ends inside one)."""
    out, at, begun = [], 0, False
    for mark in KEY_MARK.finditer(text):
        before = text[at : mark.start()]
        if mark.group(1) == "END":
            out.append(MASK if in_key else _without_base64_at_the_end(before) + MASK)
        else:
            out.append(_body_masked(before, begun)[0] if in_key else before)
        in_key = begun = mark.group(1) == "BEGIN"
        at = mark.end()
    rest = text[at:]
    if in_key:
        rest, in_key = _body_masked(rest, begun)
    return "".join([*out, rest]), in_key


def _body_masked(text: str, begun: bool) -> tuple[str, bool]:
    """(`text` with the key it goes on with masked, whether that key may go on). `begun`: on its first line."""
    lines = text.split("\n")
    body = 1 if begun else 0  # what stands behind the beginning on its own line
    while body < len(lines) and _may_be_key(lines[body]):
        body += 1
    if body == len(lines):
        return MASK, True
    return "\n".join([MASK, *lines[body:]] if body else lines), False


def _may_be_key(line: str) -> bool:
    bare = line.strip(FRAME)
    short = len(bare) < 16 and all(c.isascii() and (c.isalnum() or c in "+/=") for c in bare)
    return short or bool(KEY_LINE.search(bare) or KEY_HEADER.match(bare))


def _without_base64_at_the_end(text: str) -> str:
    """The rest of a key whose beginning was cut off stands before its end."""
    lines = text.split("\n")
    last = lines.pop()
    if KEY_LINE.match(last.strip(FRAME)):
        last = ""
    if not last.strip(FRAME):
        while lines and KEY_LINE.match(lines[-1].strip(FRAME)):
            lines.pop()
    return "\n".join([*lines, last])
