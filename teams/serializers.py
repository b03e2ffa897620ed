"""What the set-up calls take, field by field."""

from rest_framework import serializers

from kernel.rest import StrictSerializer

SHORT, LONG = 200, 300  # characters; the actions refuse more exactly, in their own words
MOST_MEMBERS = 1000


def _names(**options) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=SHORT), max_length=MOST_MEMBERS, **options
    )


class MembersIn(StrictSerializer):
    members = _names()


class TeamIn(StrictSerializer):
    name = serializers.CharField(max_length=SHORT)
    members = _names(default=list)


class GroupIn(TeamIn):
    """The same two fields."""


class RolesIn(StrictSerializer):
    roles = _names()


class PersonIn(StrictSerializer):
    username = serializers.CharField(max_length=SHORT)
    email = serializers.CharField(max_length=LONG)
    name = serializers.CharField(max_length=LONG)
    password = serializers.CharField(
        max_length=1000, trim_whitespace=False, required=False, allow_null=True, allow_blank=True
    )
    roles = _names(default=list)


class ApplicationIn(StrictSerializer):
    name = serializers.CharField(max_length=SHORT)
    team = serializers.CharField(max_length=SHORT)
    owners_group = serializers.CharField(max_length=SHORT)
    release_branches = serializers.ListField(
        child=serializers.CharField(max_length=LONG, trim_whitespace=False), required=False
    )


class TokenIn(StrictSerializer):
    label = serializers.CharField(max_length=SHORT)
    scopes = _names(default=list)
    expires_in = serializers.IntegerField()
