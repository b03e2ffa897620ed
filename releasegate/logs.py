"""Logs: one JSON object a line, with the request id, and without secrets."""

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime

from pipelines.secrets import TOKENS

current_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

GONE = "[redacted]"
# What must never be in a log, by its form. Each keeps the words that say what was there.
PATTERNS = (
    (re.compile(r"rgt_[0-9A-Za-z]{6,}"), f"rgt_{GONE}"),
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{12,}"), GONE),
    (re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\Z)", re.DOTALL), GONE),
    (
        re.compile(
            r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?)(?:(?:bearer|basic|aws4-hmac-sha256)\s+)?[^\s'\",]+"
        ),
        rf"\1{GONE}",
    ),
    (re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]{8,}"), rf"\1{GONE}"),
    (
        re.compile(
            r"(?i)((?:[\w-]*(?:password|passwd|secret|session_?token|private_?key|csrfmiddlewaretoken)[\w-]*)"
            r"['\"]?\s*[:=]\s*)(?:'[^']*'|\"[^\"]*\"|[^\s,;&'\"}]+)"
        ),
        rf"\1{GONE}",
    ),
    (re.compile(r"(?i)(x-amz-(?:security-token|signature|credential)=)[^&\s]+"), rf"\1{GONE}"),
    (re.compile(r"(?i)\b([a-z][a-z0-9+]*://[^\s:/@]*:)[^\s@/]+@"), rf"\1{GONE}@"),
    *((shape, GONE) for shape in TOKENS),
)


def redact(text: str) -> str:
    """`text` without tokens, AWS keys, PEM blocks, authorisation headers, passwords and URL passwords."""
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    return text


class Redact(logging.Filter):
    """Replaces the record's message, traceback included, by its redacted form. Drops nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip())
            record.exc_info = None
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


class JsonFormatter(logging.Formatter):
    """One line: at (UTC), level, logger, message, and request_id and error (a traceback) where known."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := current_request_id.get():
            line["request_id"] = request_id
        if record.exc_info and not record.exc_text:
            record.exc_text = redact(self.formatException(record.exc_info))
        if record.exc_text:
            line["error"] = record.exc_text
        return json.dumps(line)  # ASCII: half a surrogate pair in a message must not stop the log
