"""Cursor pages: stable order, no totals (api.md "Lists")."""

import base64
import binascii
import json
from dataclasses import dataclass

from kernel.refusals import Invalid

MAX_LIMIT = 200
DEFAULT_LIMIT = 50


@dataclass(frozen=True)
class Page:
    items: list
    next_cursor: str | None


def read_limit(text: str | None) -> int:
    """1…200; anything else is 422 `limit_invalid`."""
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_LIMIT:
        raise Invalid(
            errors=[{"pointer": "?limit", "code": "limit_invalid", "detail": f"limit is a whole number from 1 to {MAX_LIMIT}."}]
        )
    return int(text)


def page(queryset, *, cursor: str | None, limit: int, key: str = "id", descending: bool = True) -> Page:
    """One page of `queryset` ordered by the unique column `key`; the cursor holds the last key seen."""
    if cursor is not None:
        queryset = queryset.filter(**{f"{key}__{'lt' if descending else 'gt'}": _decode(cursor)})
    rows = list(queryset.order_by(f"-{key}" if descending else key)[: limit + 1])
    following = None
    if len(rows) > limit:
        rows = rows[:limit]
        following = _encode(getattr(rows[-1], key))
    return Page(rows, following)


def _encode(value) -> str:
    return base64.urlsafe_b64encode(json.dumps([value]).encode()).decode().rstrip("=")


def _decode(cursor: str):
    try:
        (value,) = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as error:
        raise Invalid(
            errors=[{"pointer": "?cursor", "code": "cursor_invalid", "detail": "This cursor was not made by us."}]
        ) from error
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise Invalid(errors=[{"pointer": "?cursor", "code": "cursor_invalid", "detail": "This cursor was not made by us."}])
    return value
