"""REST: who is in a group, and people. Both may decide who turns a key of a protected environment, so both are here,
on the floor that knows what is protected (ADR 0004)."""

from rest_framework.response import Response

from kernel.paging import page, read_limit
from kernel.rest import ApiView, ReasonIn, listing, read_body, read_query
from kernel.verdicts import wire_time
from pipelines.actions.admit_person import admit_person
from pipelines.actions.propose import propose
from pipelines.representations import answered, render_change, render_person
from teams import queries
from teams.models import RoleGrant
from teams.serializers import MembersIn, PersonIn, RolesIn

LIST = {"cursor": None, "limit": read_limit}


class GroupMembers(ApiView):
    def put(self, request, name):
        """Exactly these members from now on; of a group with a key to a protected environment it waits, 202."""
        read_query(request, {})
        body = read_body(MembersIn, request)
        done = propose(actor=self.actor, kind="group.members", name=name, members=body["members"])
        return answered(done, self.actor, status=200)


class People(ApiView):
    def get(self, request):
        """The people, by username."""
        query = read_query(request, LIST)
        people = queries.visible_people(self.actor)
        found = page(people, cursor=query["cursor"], limit=query["limit"], key="username", descending=False)
        return listing(request, found, render_person)

    def post(self, request):
        """A new person: 201. The password is never shown again. To make an administrator takes a second person:
        the roles wait in `change`."""
        read_query(request, {})
        person, change = admit_person(actor=self.actor, **read_body(PersonIn, request))
        waits = {} if change is None else {"change": render_change(change)}
        return Response({**render_person(person), **waits}, status=201)


class PersonRoles(ApiView):
    def get(self, request, username):
        """The roles this person has and had, newest first, each from when to when and by whose word."""
        query = read_query(request, LIST)
        grants = queries.readable_roles(self.actor, username)
        return listing(request, page(grants, cursor=query["cursor"], limit=query["limit"]), render_grant)

    def put(self, request, username):
        """Exactly these roles from now on; to make an administrator takes a second person: 202."""
        read_query(request, {})
        body = read_body(RolesIn, request)
        done = propose(actor=self.actor, kind="person.roles", username=username, **body)
        return answered(done, self.actor, status=200)


def render_grant(grant: RoleGrant) -> dict:
    """One time in a role; `until` null: still in it."""
    return {
        "role": grant.role,
        "since": wire_time(grant.since),
        "until": wire_time(grant.until),
        "granted_by": grant.granted_by,
        "ended_by": grant.ended_by or None,
    }


class Access(ApiView):
    """`active` is said by the path: one view shuts out, the other lets back in."""

    active = False

    def post(self, request, username):
        """Whether this person may sign in, from now on; to let somebody back in takes a second person: 202."""
        read_query(request, {})
        body = read_body(ReasonIn, request)
        done = propose(actor=self.actor, kind="person.access", username=username, active=self.active, **body)
        return answered(done, self.actor, status=200)
