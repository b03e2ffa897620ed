"""The bodies that builds read; that of `POST /builds` is read by builds.post."""

from rest_framework import serializers

from kernel.rest import StrictSerializer


class EvidenceIn(StrictSerializer):
    """The parts of the form of `POST /builds/{id}/evidence`."""

    kind = serializers.CharField(max_length=100)
    name = serializers.CharField(max_length=1000)
    file = serializers.FileField(allow_empty_file=True, max_length=1000)
