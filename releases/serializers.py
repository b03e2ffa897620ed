"""The bodies that releases read."""

from rest_framework import serializers

from kernel.rest import StrictSerializer


class CutIn(StrictSerializer):
    """The body of `POST /releases`."""

    application = serializers.CharField(max_length=64)
    version = serializers.CharField(max_length=100)
