"""Endpoints and pages that do on request what real ones do when things go wrong."""

from allauth.account import views as account
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import include, path, re_path
from rest_framework import serializers
from rest_framework.response import Response

from kernel.drafts import take_draft
from kernel.ids import new_tok
from kernel.paging import page, read_limit
from kernel.refusals import Conflict, Denial, Forbidden, LostRace, NotFound, Unavailable
from kernel.rest import (
    ApiView,
    OffsetDateTimeField,
    StrictSerializer,
    listing,
    read_body,
    read_query,
    read_time,
)
from releasegate import errors, views
from teams import urls as teams
from teams.models import Team
from tests.people import EPOCH

DENIAL = Denial(kind="vote.refused", subject="approval:apr_1", data={"slot": "owners"})


def tampers():
    """What a statement smuggled in would do: the database refuses it."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_auditevent SET kind = 'vote.cast'")


FAULTS = {
    "tampers": tampers,
    "conflict": lambda: Conflict("Not now.", code="not_open", superseded_by="dep_2", denial=DENIAL),
    "forbidden": lambda: Forbidden("No.", missing_permission="team.manage"),
    "not_found": lambda: NotFound(),
    "lost_race": lambda: LostRace(),
    "unavailable": lambda: Unavailable(),
    "operational": lambda: OperationalError(
        "SELECT secret_column FROM a_table: server closed the connection"
    ),
    "integrity": lambda: IntegrityError('duplicate key violates "team_pkey"'),
    "database": lambda: DatabaseError("syntax error at SELECT"),
    "bug": lambda: KeyError("/some/path/of/ours.py"),
}


class Item(StrictSerializer):
    sha = serializers.CharField(max_length=10)
    size = serializers.IntegerField(required=False)


class Thing(StrictSerializer):
    name = serializers.CharField(max_length=20)
    fault = serializers.CharField(required=False)
    items = Item(many=True, required=False)
    labels = serializers.ListField(child=serializers.CharField(), required=False)
    at = OffsetDateTimeField(required=False)


class Things(ApiView):
    def get(self, request):
        """All things.

        In the order of their names.
        """
        query = read_query(
            request, {"cursor": None, "limit": read_limit, "at": read_time("at"), "name": None}
        )
        found = page(
            Team.objects.all(), cursor=query["cursor"], limit=query["limit"], key="name", descending=False
        )
        return listing(request, found, lambda team: {"name": team.name})

    def post(self, request):
        """Make a thing, then fail as told."""
        body = read_body(Thing, request)
        Team.objects.create(name=body["name"], created_at=EPOCH)
        if "fault" in body:
            raise FAULTS[body["fault"]]()
        made = {"name": body["name"], "secret": new_tok(), "by": self.actor.name}
        return Response(made, status=201, headers={"Location": f"/api/v1/things/{body['name']}"})


class OneThing(ApiView):
    def get(self, request, name):
        """One thing."""
        if not Team.objects.filter(name=name).exists():
            raise NotFound()
        return Response({"name": name})


class Nobody(ApiView):
    public = True

    def get(self, request):
        """Who is asking, without asking who it is."""
        return Response({"actor": self.actor.tag})

    def post(self, request):
        """As `get`."""
        return self.get(request)


class Stream(ApiView):
    def get(self, request):
        """Text in parts."""
        return StreamingHttpResponse(iter(["a", "b"]), content_type="text/plain")


@login_not_required
def show(request):
    """A page: the messages and the draft of the form that posts to /form."""
    draft = take_draft(request, "/form")
    seen = [f"{message.extra_tags}:{message.message}" for message in messages.get_messages(request)]
    said = {"messages": seen, "draft": draft.get("name") if draft else None, "actor": request.actor.tag}
    return HttpResponse(f"{said} {request.theme} {request.zone.key}")


@login_not_required
def form(request):
    """A form's target: writes, then fails as told."""
    with transaction.atomic():
        Team.objects.create(name=request.POST["name"], created_at=EPOCH)
        if fault := request.POST.get("fault"):
            raise FAULTS[fault]()
    return HttpResponse("done")


@login_not_required
def broken(request):
    """A page with a bug."""
    raise KeyError("/some/path/of/ours.py")


@login_not_required
def missing(request, name="x"):
    """A page of something that is not there."""
    raise NotFound()


def private(request):
    """A page that says nothing about who may see it."""
    return HttpResponse("private")


urlpatterns = [
    path("private", private),
    path("api/v1/things", Things.as_view()),
    path("api/v1/things/<str:name>", OneThing.as_view()),
    path("api/v1/nobody", Nobody.as_view()),
    path("api/v1/stream", Stream.as_view()),
    path("api/v1/openapi.json", views.openapi, name="openapi"),
    path("api/v1/", include(teams.api)),
    re_path(r"^api/v1(/.*)?$", errors.api_not_found),
    path("api/docs", views.api_reference, name="api-docs"),
    path("", show, name="inbox"),
    path("show", show),
    path("form", form),
    path("broken", broken),
    path("missing/<str:name>", missing),
    path("settings/theme", views.set_theme, name="set_theme"),
    path("settings/zone", views.set_zone, name="set_zone"),
    path("sign-in", account.login, name="account_login"),
    path("sign-out", account.logout, name="account_logout"),
    path("sign-up", errors.page_not_found, {"exception": None}, name="account_signup"),
    path("password-reset", errors.page_not_found, {"exception": None}, name="account_reset_password"),
]

handler400 = "releasegate.errors.bad_request"
handler403 = "releasegate.errors.permission_denied"
handler404 = "releasegate.errors.page_not_found"
handler500 = "releasegate.errors.server_error"
