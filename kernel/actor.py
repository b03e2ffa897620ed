"""Who acts. Every action takes an Actor; no code path has "no user" (house rule)."""

from dataclasses import dataclass, field
from enum import StrEnum

from kernel.permissions import ROLE_PERMISSIONS, Permission
from kernel.refusals import Forbidden


class ActorKind(StrEnum):
    HUMAN = "human"
    MACHINE = "machine"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


class Method(StrEnum):
    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - a word, no secret: a personal token, which acts as its person
    APPLICATION_TOKEN = "application_token"  # noqa: S105 - a word, no secret
    SYSTEM = "system"
    NONE = "none"


@dataclass(frozen=True)
class Actor:
    """A caller with everything the rules ask about it, loaded once per request.

    `name` is the username, the application's name for a CI token, or the name of a system part.
    `permissions` are the global ones of the person's roles; team and group powers are asked separately.
    """

    kind: ActorKind
    name: str
    method: Method
    person_id: str | None = None  # stable id, what audit bodies hold
    emails: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    stands_in: tuple = ()  # teams.rules.StandIn: whose places the person may fill, each at its time
    application: str | None = None  # application tokens only
    scopes: frozenset[str] = frozenset()
    token_id: str | None = None
    ip: str | None = None
    request_id: str | None = None
    permissions: frozenset[Permission] = field(default=frozenset())

    @classmethod
    def system(cls, name: str, request_id: str | None = None) -> "Actor":
        return cls(
            kind=ActorKind.SYSTEM,
            name=name,
            method=Method.SYSTEM,
            request_id=request_id,
            permissions=frozenset(Permission),
        )

    @classmethod
    def anonymous(cls, *, ip: str | None = None, request_id: str | None = None) -> "Actor":
        return cls(
            kind=ActorKind.ANONYMOUS, name="anonymous", method=Method.NONE, ip=ip, request_id=request_id
        )

    @classmethod
    def from_record(cls, record: dict) -> "Actor":
        """The actor of `as_record`: named in events as before, and without any right."""
        kind, method = ActorKind(record["kind"]), Method(record["method"])
        return cls(**{**record, "kind": kind, "method": method})

    def as_record(self) -> dict:
        """Who this is, as a row keeps it for work that another process will finish in this actor's name."""
        kept = ("name", "person_id", "application", "token_id", "ip", "request_id")
        return {
            "kind": str(self.kind),
            "method": str(self.method),
            **{name: getattr(self, name) for name in kept},
        }

    @property
    def is_human(self) -> bool:
        return self.kind == ActorKind.HUMAN

    @property
    def tag(self) -> str:
        """How audit events name the actor: `user:<person id>`, `application:<name>`, `system:<name>`."""
        if self.kind == ActorKind.HUMAN:
            return f"user:{self.person_id}"
        if self.kind == ActorKind.MACHINE:
            return f"application:{self.application}"
        return f"{self.kind}:{self.name}"

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


def permissions_of(roles) -> frozenset[Permission]:
    """Everything the `roles` grant together; an unknown role grants nothing."""
    return frozenset().union(*(ROLE_PERMISSIONS.get(role, frozenset()) for role in roles))


def require(actor: Actor, permission: Permission, *, team: str | None = None) -> None:
    """Refuse (403 `forbidden`, naming the missing permission) unless the actor's roles grant `permission`,
    or `team` is given and the actor is a member of that team and the permission is one teams have."""
    if actor.may(permission):
        return
    if team is not None and team in actor.teams and permission in ROLE_PERMISSIONS["team"]:
        return
    raise Forbidden(f"This needs the permission {permission}.", missing_permission=str(permission))
