"""The shape of what CI posts. What the values mean is for builds.rules."""

from rest_framework import serializers

from kernel.rest import OffsetDateTimeField, StrictSerializer

MOST_ARTIFACTS = 100
MOST_COMMITS = 2000


def _optional(length: int) -> serializers.CharField:
    return serializers.CharField(max_length=length, required=False, allow_null=True, allow_blank=True)


class RunIn(StrictSerializer):
    """The CI run that made the build."""

    provider = serializers.CharField(max_length=40)
    id = serializers.CharField(max_length=200)
    attempt = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False)
    url = _optional(2000)


class ArtifactIn(StrictSerializer):
    """One artifact. `digest` and `version_id` may be missing here: builds.rules says what that means."""

    name = serializers.CharField(max_length=100)
    kind = serializers.CharField(max_length=40)
    uri = serializers.CharField(max_length=2000)
    version_id = _optional(1024)
    digest = _optional(200)
    size = serializers.IntegerField(min_value=0, max_value=2**53 - 1, required=False, allow_null=True)


class CommitIn(StrictSerializer):
    """One commit since the last build, as the source control tells it."""

    sha = serializers.CharField(max_length=64)
    author = serializers.CharField(max_length=320)
    committer = _optional(320)
    message = serializers.CharField(max_length=20_000, allow_blank=True, trim_whitespace=False)
    ticket = _optional(100)


class BuildIn(StrictSerializer):
    """The body of `POST /builds`."""

    application = serializers.CharField(max_length=64)
    version = serializers.CharField(max_length=100)
    commit = serializers.CharField(max_length=64)
    branch = serializers.CharField(max_length=250)
    repository = serializers.CharField(max_length=500)
    run = RunIn(required=False, allow_null=True)
    submitter = _optional(254)
    built_at = OffsetDateTimeField(required=False, allow_null=True)
    artifacts = ArtifactIn(many=True, allow_empty=False, max_length=MOST_ARTIFACTS)
    commits = CommitIn(many=True, required=False, allow_null=True, max_length=MOST_COMMITS)


class ReasonIn(StrictSerializer):
    """A reason; whether an empty one will do is the action's business."""

    reason = serializers.CharField(allow_blank=True, max_length=10_000)


class EvidenceIn(StrictSerializer):
    """The parts of the form of `POST /builds/{id}/evidence`."""

    kind = serializers.CharField(max_length=100)
    name = serializers.CharField(max_length=1000)
    file = serializers.FileField(allow_empty_file=True, max_length=1000)
