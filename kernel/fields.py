"""Reading request bodies strictly: an unknown field or a wrong type is refused, never guessed."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

# RFC 3339 section 5.6. Python's fromisoformat reads far more than that, week dates for one.
_RFC3339 = re.compile(r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)?$")

_WANTED = (  # first match wins: a BooleanField is no CharField, but an EmailField is one
    (serializers.BooleanField, bool, "not_a_boolean", "This must be true or false."),
    (serializers.IntegerField, int, "not_an_integer", "This must be a whole number."),
    (serializers.FloatField, (int, float), "not_a_number", "This must be a number."),
    (serializers.ListField, list, "not_a_list", "This must be a list."),
    (serializers.ListSerializer, list, "not_a_list", "This must be a list."),
    (serializers.DictField, dict, "not_an_object", "This must be an object."),
    (serializers.BaseSerializer, dict, "not_an_object", "This must be an object."),
    (serializers.CharField, str, "not_a_string", "This must be a string."),
    (serializers.ChoiceField, str, "not_a_string", "This must be a string."),
)


def parse_time(text: str) -> datetime:
    """An RFC 3339 time as an aware UTC datetime.

    Raises `rest_framework.exceptions.ValidationError` with the code `offset_required` when the offset is
    missing and `time_invalid` for everything else that is not such a time.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValidationError("This is not a time as RFC 3339 writes it.", code="time_invalid")
    if match.group(3) is None:
        raise ValidationError(
            "Write the offset from UTC, for example 2026-11-20T10:00:00Z.", code="offset_required"
        )
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValidationError("There is no such time.", code="time_invalid") from error


class OffsetDateTimeField(serializers.Field):
    """A time on the wire: RFC 3339 with offset in, UTC out."""

    def to_internal_value(self, data) -> datetime:
        if not isinstance(data, str):
            raise ValidationError("This must be a string.", code="not_a_string")
        return parse_time(data)

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class StrictSerializer(serializers.Serializer):
    """A serializer that refuses unknown fields (`unknown_field`) and converts nothing: "5" is no number.

    Errors carry stable codes at the pointer of the value: `unknown_field`, `not_a_string`,
    `not_an_integer`, `not_a_number`, `not_a_boolean`, `not_a_list`, `not_an_object`, `null`, `required`, …
    Form bodies (multipart) hold strings only, so there only unknown fields are refused.
    """

    def to_internal_value(self, data):
        if not isinstance(data, Mapping):
            wrong = ErrorDetail("This must be an object.", code="not_an_object")
            raise ValidationError({"non_field_errors": [wrong]})
        errors: dict = {
            name: [ErrorDetail("There is no such field.", code="unknown_field")]
            for name in sorted(set(map(str, data)) - {field.field_name for field in self._writable_fields})
        }
        clean = dict(data)
        if isinstance(data, QueryDict):
            clean = data
        else:
            errors |= self._wrong_types(data)
        try:
            values = super().to_internal_value(clean)
        except ValidationError as error:
            detail = error.detail if isinstance(error.detail, dict) else {"non_field_errors": error.detail}
            errors = {**detail, **errors}
        if errors:
            raise ValidationError(errors)
        return values

    def _wrong_types(self, data: Mapping) -> dict:
        found = {}
        for field in self._writable_fields:
            if field.field_name in data:
                wrong = wrong_type(field, data[field.field_name])
                if wrong:
                    found[field.field_name] = wrong
        return found


def wrong_type(field: serializers.Field, value):
    """What is wrong with the JSON type of `value`: None, a list of ErrorDetail, or {index: …} for items."""
    if value is None or isinstance(field, serializers.FileField):
        return None
    for kind, wanted, code, text in _WANTED:
        if not isinstance(field, kind):
            continue
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            return [ErrorDetail(text, code=code)]
        if isinstance(field, serializers.ListField):
            return _wrong_items(field.child, enumerate(value))
        if isinstance(field, serializers.DictField):
            return _wrong_items(field.child, value.items())
        return None
    return None


def _wrong_items(child, items) -> dict | None:
    found = {key: wrong for key, item in items if (wrong := wrong_type(child, item))}
    return found or None


class ReasonIn(StrictSerializer):
    """A reason; whether an empty one will do is the action's business."""

    reason = serializers.CharField(allow_blank=True, max_length=2000)
