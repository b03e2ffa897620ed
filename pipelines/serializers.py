"""What the calls about accounts, environments and pipelines take, field by field."""

from rest_framework import serializers

from kernel.rest import OffsetDateTimeField, StrictSerializer
from pipelines.environment_rules import LANES, OVERDUE

SHORT, LONG = 200, 2000  # characters; the actions refuse more exactly, in their own words
LONGEST_SOURCE = 300_000


def _texts(**options) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(max_length=SHORT), max_length=100, **options)


class AccountIn(StrictSerializer):
    account_id = serializers.CharField(max_length=SHORT)
    alias = serializers.CharField(max_length=SHORT)
    partition = serializers.CharField(max_length=SHORT, default="aws")
    regions = _texts()
    deploy_role_arn = serializers.CharField(max_length=LONG)
    observe_role_arn = serializers.CharField(max_length=LONG, default="", allow_blank=True)
    pool = serializers.CharField(max_length=SHORT)


class SlotIn(StrictSerializer):
    group = serializers.CharField(max_length=SHORT)
    count = serializers.IntegerField(default=1)


class GateIn(StrictSerializer):
    slots = SlotIn(many=True, required=False)
    expedited_slots = SlotIn(many=True, required=False, allow_null=True)
    exclude = _texts(required=False)
    expires_in = serializers.IntegerField(required=False)
    valid_for = serializers.IntegerField(required=False)
    step_up = serializers.BooleanField(required=False)
    comment = serializers.CharField(max_length=SHORT, required=False)
    unknown_authors = serializers.CharField(max_length=SHORT, required=False)
    escalation = serializers.CharField(max_length=SHORT, required=False, allow_null=True, allow_blank=True)


class EnvironmentIn(StrictSerializer):
    name = serializers.CharField(max_length=SHORT)
    account = serializers.CharField(max_length=SHORT)
    region = serializers.CharField(max_length=SHORT)
    rank = serializers.IntegerField()
    tier = serializers.CharField(max_length=SHORT, default="", allow_blank=True)
    protected = serializers.BooleanField(default=False)
    default_open = serializers.BooleanField(required=False)
    gate = GateIn(required=False, allow_null=True)
    lane = serializers.CharField(max_length=SHORT, default=LANES[0])
    previews = serializers.BooleanField(default=False)
    break_glass = serializers.IntegerField(default=1)
    overdue_review = serializers.CharField(max_length=SHORT, default=OVERDUE[0])


class EnvironmentPatch(StrictSerializer):
    version = serializers.IntegerField()
    account = serializers.CharField(max_length=SHORT, required=False)
    region = serializers.CharField(max_length=SHORT, required=False)
    rank = serializers.IntegerField(required=False)
    tier = serializers.CharField(max_length=SHORT, required=False, allow_blank=True)
    protected = serializers.BooleanField(required=False)
    default_open = serializers.BooleanField(required=False)
    gate = GateIn(required=False, allow_null=True)
    lane = serializers.CharField(max_length=SHORT, required=False)
    previews = serializers.BooleanField(required=False)
    break_glass = serializers.IntegerField(required=False)
    overdue_review = serializers.CharField(max_length=SHORT, required=False)


class SourceIn(StrictSerializer):
    source = serializers.CharField(max_length=LONGEST_SOURCE, trim_whitespace=False)


class PipelineIn(SourceIn):
    version = serializers.IntegerField(required=False, allow_null=True)


class ConfirmIn(StrictSerializer):
    reason = serializers.CharField(max_length=LONG, default="", allow_blank=True)


class DelegationIn(StrictSerializer):
    group = serializers.CharField(max_length=SHORT)
    to = serializers.CharField(max_length=SHORT)
    until = OffsetDateTimeField()
    reason = serializers.CharField(max_length=LONG, allow_blank=True)

    def get_fields(self):
        """`from` is a word of Python."""
        return super().get_fields() | {"from": OffsetDateTimeField(required=False)}


class WindowIn(StrictSerializer):
    name = serializers.CharField(max_length=SHORT)
    scope = serializers.DictField(child=serializers.CharField(max_length=SHORT))
    timezone = serializers.CharField(max_length=SHORT)
    rrule = serializers.CharField(max_length=LONG)
    start = serializers.CharField(max_length=SHORT)
    duration = serializers.IntegerField()
    in_flight = serializers.CharField(max_length=SHORT, required=False)


class FreezeIn(StrictSerializer):
    name = serializers.CharField(max_length=SHORT)
    scope = serializers.DictField(child=serializers.CharField(max_length=SHORT))
    timezone = serializers.CharField(max_length=SHORT)
    start = serializers.CharField(max_length=SHORT)
    end = serializers.CharField(max_length=SHORT, required=False, allow_blank=True)
    rrule = serializers.CharField(max_length=LONG, required=False, allow_blank=True)
    duration = serializers.IntegerField(required=False, allow_null=True)
    reason = serializers.CharField(max_length=10_000, allow_blank=True)
    contact = serializers.CharField(max_length=LONG, allow_blank=True)
    actions = _texts(required=False)


class WindowPatch(WindowIn):
    """`version` and any of the fields."""

    version = serializers.IntegerField()

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        loosen(self)


class FreezePatch(FreezeIn):
    """`version` and any of the fields."""

    version = serializers.IntegerField()

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        loosen(self)


def loosen(serializer: StrictSerializer) -> None:
    """Nothing but `version` is required of a change."""
    for name, field in serializer.fields.items():
        field.required = name == "version"
