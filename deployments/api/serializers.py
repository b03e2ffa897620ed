"""Request bodies of the deployments app."""

from rest_framework import serializers

from deployments.actions.resolve import OUTCOMES
from kernel.rest import OffsetDateTimeField, StrictSerializer

NAME = {"max_length": 100}


class DeploymentIn(StrictSerializer):
    application = serializers.CharField(**NAME)
    version = serializers.CharField(**NAME)
    environment = serializers.CharField(**NAME)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    parameters = serializers.DictField(required=False, child=serializers.JSONField())
    not_before = OffsetDateTimeField(required=False)
    expedited = serializers.BooleanField(required=False)


class ExportIn(StrictSerializer):
    """The parameters of `GET /audit/deployments.csv` as a body."""

    format = serializers.ChoiceField(choices=("csv", "jsonl", "xlsx"), default="csv")
    application = serializers.CharField(required=False, **NAME)
    environment = serializers.CharField(required=False, **NAME)
    state = serializers.CharField(required=False, **NAME)
    account = serializers.CharField(required=False, **NAME)
    requested_by = serializers.CharField(required=False, **NAME)
    break_glass = serializers.BooleanField(required=False)

    def get_fields(self):
        times = {name: OffsetDateTimeField(required=False) for name in ("from", "to")}
        return {**super().get_fields(), **times}


class ParametersIn(StrictSerializer):
    parameters = serializers.DictField(child=serializers.JSONField())


class ResolveIn(StrictSerializer):
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    reason = serializers.CharField(allow_blank=True, max_length=2000)


class BaselineIn(StrictSerializer):
    application = serializers.CharField(**NAME)
    version = serializers.CharField(**NAME)
    environment = serializers.CharField(**NAME)
    reason = serializers.CharField(allow_blank=True, max_length=2000)


class BreakGlassIn(StrictSerializer):
    application = serializers.CharField(**NAME)
    version = serializers.CharField(**NAME)
    environment = serializers.CharField(**NAME)
    reason = serializers.CharField(allow_blank=True, max_length=2000)
    incident = serializers.CharField(allow_blank=True, max_length=200)
    skip = serializers.ListField(required=False, max_length=10, child=serializers.CharField(**NAME))
    until = OffsetDateTimeField(required=False)
    drill = serializers.BooleanField(required=False)


class FindingIn(StrictSerializer):
    finding = serializers.CharField(allow_blank=True, max_length=4000)


class NothingIn(StrictSerializer):
    """A call that takes no member."""


BYTES = {"max_length": 8192}  # base64url


class AssertionAnswerIn(StrictSerializer):
    authenticatorData = serializers.CharField(**BYTES)  # noqa: N815 - WebAuthn's own names
    clientDataJSON = serializers.CharField(**BYTES)  # noqa: N815
    signature = serializers.CharField(**BYTES)
    userHandle = serializers.CharField(required=False, allow_null=True, allow_blank=True, **BYTES)  # noqa: N815


class AssertionIn(StrictSerializer):
    """The JSON form of what `navigator.credentials.get()` answers (WebAuthn Level 3, `toJSON()`)."""

    id = serializers.CharField(**BYTES)
    rawId = serializers.CharField(required=False, **BYTES)  # noqa: N815
    type = serializers.ChoiceField(choices=("public-key",))
    response = AssertionAnswerIn()
    clientExtensionResults = serializers.DictField(required=False)  # noqa: N815
    authenticatorAttachment = serializers.CharField(required=False, allow_null=True, max_length=40)  # noqa: N815


class VoteIn(StrictSerializer):
    decision = serializers.ChoiceField(choices=("approve", "reject", "withdraw"))
    content_hash = serializers.CharField(max_length=100)
    comment = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=4000, trim_whitespace=False
    )
    assertion = AssertionIn(required=False, allow_null=True)
    nonce = serializers.CharField(required=False, allow_null=True, max_length=100)


class StatementIn(StrictSerializer):
    decision = serializers.ChoiceField(choices=("approve", "reject"))
    content_hash = serializers.CharField(max_length=100)
