"""Cursor pages: stable order, no totals (docs/reference/api.md)."""

import base64
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
    if not text.isascii() or not text.isdigit() or len(text) > 3 or not 1 <= int(text) <= MAX_LIMIT:
        detail = f"limit is a whole number from 1 to {MAX_LIMIT}."
        raise Invalid(errors=[{"pointer": "?limit", "code": "limit_invalid", "detail": detail}])
    return int(text)


def page(queryset, *, cursor: str | None, limit: int, key: str = "id", descending: bool = True) -> Page:
    """One page of `queryset` ordered by the unique column `key`; the cursor holds the last key seen.

    Raises Invalid 422 `cursor_invalid` for a cursor that we did not make.
    """
    if cursor is not None:
        last = _decode(cursor)
        try:
            queryset = queryset.filter(**{f"{key}__{'lt' if descending else 'gt'}": last})
        except (TypeError, ValueError) as error:  # of another list, whose key is of another type
            raise _not_ours() from error
    rows = list(queryset.order_by(f"-{key}" if descending else key)[: limit + 1])
    following = None
    if len(rows) > limit:
        rows = rows[:limit]
        following = _encode(getattr(rows[-1], key))
    return Page(rows, following)


def _encode(value) -> str:
    return base64.urlsafe_b64encode(json.dumps([value]).encode()).decode().rstrip("=")


def _decode(cursor: str) -> str | int:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError) as error:
        raise _not_ours() from error
    if not isinstance(values, list) or len(values) != 1:
        raise _not_ours()
    (value,) = values
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _not_ours()
    if isinstance(value, str) and not value.isprintable():
        raise _not_ours()  # no key of ours holds what a database cannot take
    return value


def _not_ours() -> Invalid:
    detail = "This cursor was not made by us."
    return Invalid(errors=[{"pointer": "?cursor", "code": "cursor_invalid", "detail": detail}])
