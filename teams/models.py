"""People, groups, teams, applications, tokens. History is kept: nothing here is ever deleted."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from kernel.ids import new_dlg, new_per, new_tok
from teams.credentials import from_base64url


class PersonManager(BaseUserManager):
    def get_by_natural_key(self, username):
        return self.get(username=username.lower())


class Person(AbstractBaseUser):
    """A human. `id` is the stable random id that audit events hold; `roles` ⊆ kernel.permissions.ROLES."""

    id = models.CharField(primary_key=True, max_length=30, default=new_per, editable=False)
    username = models.CharField(max_length=64, unique=True)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200)
    roles = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    zone = models.CharField(max_length=64, default="", blank=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email", "name"]
    objects = PersonManager()

    def __str__(self) -> str:
        return self.username


class RoleGrant(models.Model):
    """One person's time in a role; `until` null = still in it. Answers "who had it then, and who gave it to them?".
    `granted_by`, `ended_by`: audit tags of who said so."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=64)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    granted_by = models.CharField(max_length=200)
    ended_by = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "role"], condition=Q(until__isnull=True), name="role_grant_one_current"
            )
        ]


class Team(models.Model):
    name = models.CharField(primary_key=True, max_length=64)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class TeamMembership(models.Model):
    """One person's time in a team; `until` null = still in it."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="team_memberships")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "person"], condition=Q(until__isnull=True), name="team_membership_one_current"
            )
        ]


class Group(models.Model):
    """An approver group."""

    name = models.CharField(primary_key=True, max_length=64)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class GroupMembership(models.Model):
    """One person's time in a group; `until` null = still in it. Answers "who was in it then?"."""

    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="group_memberships")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "person"],
                condition=Q(until__isnull=True),
                name="group_membership_one_current",
            )
        ]


class Delegation(models.Model):
    """`delegate` stands in for `principal` in `group` from `since` until `until`, unless it ended before."""

    id = models.CharField(primary_key=True, max_length=30, default=new_dlg, editable=False)
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="delegations")
    principal = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="delegations_given")
    delegate = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="delegations_received")
    since = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.TextField()
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=64, default="", blank=True)
    ended_reason = models.TextField(default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["ended_at", "until"], name="delegation_due")]

    def __str__(self) -> str:
        return self.id


class Application(models.Model):
    """What a team ships. `release_branches`: patterns whose builds cut a release by themselves."""

    name = models.CharField(primary_key=True, max_length=64)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="applications")
    owners_group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="owned_applications")
    release_branches = models.JSONField(default=list)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """A bearer token: personal (acts as its person) or an application's (a CI). Only its SHA-256 is
    stored."""

    id = models.CharField(primary_key=True, max_length=30, default=new_tok, editable=False)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="tokens")
    application = models.ForeignKey(Application, null=True, on_delete=models.PROTECT, related_name="tokens")
    label = models.CharField(max_length=100)
    scopes = models.JSONField(default=list)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.TextField(default="", blank=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, application__isnull=True)
                | Q(person__isnull=True, application__isnull=False),
                name="api_token_one_owner",
            )
        ]

    def __str__(self) -> str:
        return self.id


class Passkey(models.Model):
    """A WebAuthn credential of a person, as votes are checked by; signing in uses allauth's own row of it.

    `credential_id`, `public_key` (COSE): base64url. `sign_count`: the highest the authenticator has told us.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="passkeys")
    credential_id = models.CharField(max_length=1400)
    public_key = models.TextField()
    name = models.CharField(max_length=100)
    sign_count = models.BigIntegerField(default=0)
    added_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credential_id", "person"],
                condition=Q(removed_at__isnull=True),
                name="passkey_once_per_person",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def cose(self) -> bytes:
        return from_base64url(self.public_key)
