"""Times and types are read strictly."""

from datetime import UTC, datetime

import pytest
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from kernel.fields import OffsetDateTimeField, StrictSerializer, parse_time, wrong_type


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T10:00:00Z", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("2026-11-20t10:00:00z", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("2026-11-20 10:00:00+00:00", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("2026-11-20T10:00+02:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20T00:30:00+01:00", datetime(2026, 11, 19, 23, 30, tzinfo=UTC)),
        ("2026-11-20T10:00:00.123456Z", datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-20T10:00:00.123456789Z", datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_rfc_3339_is_read_as_utc(text, expected):
    assert parse_time(text) == expected
    assert parse_time(text).utcoffset().total_seconds() == 0


@pytest.mark.parametrize("text", ["2026-11-20T10:00:00", "2026-11-20 10:00", "2026-11-20T10:00:00.5"])
def test_a_time_without_an_offset_is_refused(text):
    with pytest.raises(ValidationError) as refused:
        parse_time(text)
    assert refused.value.detail[0].code == "offset_required"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-20",
        "2026-02-30T10:00:00Z",
        "2026-11-20T25:00:00Z",
        "2026-11-20T10:00:00+25:00",
        "2026-W47-5T10:00:00Z",
        "20261120T100000Z",
        "0001-01-01T00:00:00+10:00",
        "9999-12-31T23:59:59-10:00",
        "2026-11-20T10:00:00Z\n",
        "٢٠٢٦-11-20T10:00:00Z",
        "1763632800",
    ],
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValidationError) as refused:
        parse_time(text)
    assert refused.value.detail[0].code == "time_invalid"


def test_a_time_goes_out_in_utc_with_a_z():
    berlin = datetime.fromisoformat("2026-11-20T11:00:00+01:00")
    assert OffsetDateTimeField().to_representation(berlin) == "2026-11-20T10:00:00Z"


@pytest.mark.parametrize("value", [5, True, [], {}, 1.5])
def test_a_time_is_written_as_text(value):
    with pytest.raises(ValidationError) as refused:
        OffsetDateTimeField().to_internal_value(value)
    assert refused.value.detail[0].code == "not_a_string"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        (serializers.CharField(), 5, "not_a_string"),
        (serializers.CharField(), True, "not_a_string"),
        (serializers.CharField(), ["a"], "not_a_string"),
        (serializers.EmailField(), 5, "not_a_string"),
        (serializers.ChoiceField(choices=["a"]), 5, "not_a_string"),
        (serializers.IntegerField(), "5", "not_an_integer"),
        (serializers.IntegerField(), 5.0, "not_an_integer"),
        (serializers.IntegerField(), False, "not_an_integer"),
        (serializers.FloatField(), "1.5", "not_a_number"),
        (serializers.FloatField(), True, "not_a_number"),
        (serializers.BooleanField(), "true", "not_a_boolean"),
        (serializers.BooleanField(), 1, "not_a_boolean"),
        (serializers.ListField(), {}, "not_a_list"),
        (serializers.ListField(), "ab", "not_a_list"),
        (serializers.DictField(), [], "not_an_object"),
    ],
)
def test_nothing_is_converted(field, value, code):
    (found,) = wrong_type(field, value)
    assert found.code == code


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (serializers.CharField(), "5"),
        (serializers.IntegerField(), 5),
        (serializers.FloatField(), 5),
        (serializers.BooleanField(), False),
        (serializers.ListField(child=serializers.CharField()), ["a"]),
        (serializers.DictField(child=serializers.CharField()), {"a": "b"}),
        (serializers.JSONField(), {"anything": [1]}),
        (serializers.CharField(), None),
    ],
)
def test_the_right_type_is_left_to_the_field(field, value):
    assert wrong_type(field, value) is None


def test_the_place_in_a_list_or_an_object_is_named():
    many = serializers.ListField(child=serializers.DictField(child=serializers.IntegerField()))
    found = wrong_type(many, [{"a": 1}, {"a": 1, "b": "2"}])
    assert found == {1: {"b": [ErrorDetail("This must be a whole number.", code="not_an_integer")]}}


class Upload(StrictSerializer):
    kind = serializers.CharField()
    count = serializers.IntegerField()


def test_a_form_holds_text_only_so_it_is_converted():
    form = Upload(data=QueryDict("kind=junit&count=5"))
    assert form.is_valid()
    assert form.validated_data == {"kind": "junit", "count": 5}


def test_a_form_with_an_unknown_field_is_refused():
    form = Upload(data=QueryDict("kind=junit&count=5&colour=red"))
    assert not form.is_valid()
    assert {name: [error.code for error in found] for name, found in form.errors.items()} == {
        "colour": ["unknown_field"]
    }


def test_all_errors_are_reported_at_once():
    body = Upload(data={"kind": 1, "colour": "red"})
    assert not body.is_valid()
    codes = {name: found[0].code for name, found in body.errors.items()}
    assert codes == {"kind": "not_a_string", "count": "required", "colour": "unknown_field"}
