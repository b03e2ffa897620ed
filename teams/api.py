"""REST: teams, people, groups, applications, their tokens, and who am I."""

from rest_framework.response import Response

from kernel.paging import page, read_limit
from kernel.rest import ApiView, listing, read_body, read_query
from kernel.verdicts import wire_time
from teams import queries, serializers
from teams.actions.create_application import create_application
from teams.actions.create_group import create_group
from teams.actions.create_team import create_team
from teams.actions.issue_token import issue_token
from teams.actions.remove_passkey import remove_passkey
from teams.actions.revoke_token import revoke_token
from teams.models import ApiToken, Application, Passkey

LIST = {"cursor": None, "limit": read_limit}


def _page(request, queryset, key: str):
    query = read_query(request, LIST)
    return page(queryset, cursor=query["cursor"], limit=query["limit"], key=key, descending=False)


class Teams(ApiView):
    def get(self, request):
        """The teams with their members, by name."""
        found = _page(request, queries.visible_teams(self.actor), "name")
        members = queries.team_members(team.pk for team in found.items)
        return listing(request, found, lambda team: {"name": team.pk, "members": members[team.pk]})

    def post(self, request):
        """A new team: 201."""
        read_query(request, {})
        body = read_body(serializers.TeamIn, request)
        team = create_team(actor=self.actor, **body)
        return Response({"name": team.pk, "members": sorted(body["members"])}, status=201)


class Groups(ApiView):
    def get(self, request):
        """The groups with their members, by name."""
        found = _page(request, queries.visible_groups(self.actor), "name")
        members = queries.members_of(group.pk for group in found.items)
        return listing(
            request,
            found,
            lambda group: {"name": group.pk, "members": [person.username for person in members[group.pk]]},
        )

    def post(self, request):
        """A new group: 201."""
        read_query(request, {})
        body = read_body(serializers.GroupIn, request)
        group = create_group(actor=self.actor, **body)
        return Response({"name": group.pk, "members": sorted(body["members"])}, status=201)


class PersonPasskeys(ApiView):
    def get(self, request, username: str):
        """The passkeys somebody has now, for that person and who manages people or reads everything."""
        read_query(request, {})
        rows = queries.readable_passkeys(self.actor, username)
        return Response({"items": [_passkey(row) for row in rows], "next": None})


class PersonPasskey(ApiView):
    def delete(self, request, username: str, passkey_id: int):
        """Take a passkey away, one's own or a lost one: 200."""
        read_query(request, {})
        return Response(_passkey(remove_passkey(actor=self.actor, username=username, passkey_id=passkey_id)))


def _passkey(row: Passkey) -> dict:
    return {
        "id": row.pk,
        "name": row.name,
        "added_at": wire_time(row.added_at),
        "last_used_at": wire_time(row.last_used_at),
        "removed_at": wire_time(row.removed_at),
    }


class PersonTokens(ApiView):
    def get(self, request, username):
        """The person's tokens, without their secrets: their own, or for whoever manages tokens."""
        person = queries.person_with_readable_tokens(self.actor, username)
        return listing(request, _page(request, queries.tokens_of(person=person.pk), "id"), render_token)

    def post(self, request, username):
        """A new personal token: 201, with the secret."""
        read_query(request, {})
        body = read_body(serializers.TokenIn, request)
        return _issued(issue_token(actor=self.actor, username=username, **body))


class PersonToken(ApiView):
    def delete(self, request, username, token_id):
        """Revoke it, `?reason=`: 204."""
        reason = read_query(request, {"reason": None})["reason"] or ""
        revoke_token(actor=self.actor, username=username, token_id=token_id, reason=reason)
        return Response(status=204)


class Applications(ApiView):
    def get(self, request):
        """The applications, by name; an application token sees its own."""
        found = _page(request, queries.visible_applications(self.actor), "name")
        return listing(request, found, render_application)

    def post(self, request):
        """A new application: 201."""
        read_query(request, {})
        body = read_body(serializers.ApplicationIn, request)
        return Response(render_application(create_application(actor=self.actor, **body)), status=201)


class ApplicationTokens(ApiView):
    def get(self, request, name):
        """The application's tokens, without their secrets."""
        application = queries.application_with_readable_tokens(self.actor, name)
        found = _page(request, queries.tokens_of(application=application.pk), "id")
        return listing(request, found, render_token)

    def post(self, request, name):
        """A new application token: 201, with the secret."""
        read_query(request, {})
        body = read_body(serializers.TokenIn, request)
        return _issued(issue_token(actor=self.actor, application=name, **body))


class ApplicationToken(ApiView):
    def delete(self, request, name, token_id):
        """Revoke it, `?reason=`: 204."""
        reason = read_query(request, {"reason": None})["reason"] or ""
        revoke_token(actor=self.actor, application=name, token_id=token_id, reason=reason)
        return Response(status=204)


class WhoAmI(ApiView):
    def get(self, request):
        """The caller as the rules see them; any valid token may ask, whatever its scopes."""
        read_query(request, {})
        expires_at = request.auth.expires_at if isinstance(request.auth, ApiToken) else None
        return Response(
            {
                "kind": str(self.actor.kind),
                "actor": self.actor.name,
                "method": str(self.actor.method),
                "application": self.actor.application,
                "roles": sorted(self.actor.roles),
                "groups": sorted(self.actor.groups),
                "teams": sorted(self.actor.teams),
                "scopes": sorted(self.actor.scopes),
                "expires_at": wire_time(expires_at),
            }
        )


def render_application(application: Application) -> dict:
    """One item of GET /applications."""
    return {
        "name": application.pk,
        "team": application.team_id,
        "owners_group": application.owners_group_id,
        "release_branches": application.release_branches,
    }


def render_token(token: ApiToken) -> dict:
    """One item of a list of tokens: everything but the secret, which we do not have."""
    return {
        "id": token.pk,
        "label": token.label,
        "scopes": token.scopes,
        "created_at": wire_time(token.created_at),
        "created_by": token.created_by,
        "expires_at": wire_time(token.expires_at),
        "last_used_at": wire_time(token.last_used_at),
        "revoked_at": wire_time(token.revoked_at),
    }


def _issued(issued) -> Response:
    answer = {"token": issued.secret, "secret": issued.secret}
    return Response({**render_token(issued.token), **answer}, status=201)
