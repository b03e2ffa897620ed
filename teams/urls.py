"""Paths of the app: `api` below /api/v1/, `pages` below /."""

from django.urls import path

from teams import api as views

api = [
    path("applications", views.Applications.as_view(), name="api-applications"),
    path("applications/<str:name>/tokens", views.ApplicationTokens.as_view(), name="api-application-tokens"),
    path(
        "applications/<str:name>/tokens/<str:token_id>",
        views.ApplicationToken.as_view(),
        name="api-application-token",
    ),
    path("groups", views.Groups.as_view(), name="api-groups"),
    path("groups/<str:name>/members", views.GroupMembers.as_view(), name="api-group-members"),
    path("people", views.People.as_view(), name="api-people"),
    path("people/<str:username>/tokens", views.PersonTokens.as_view(), name="api-person-tokens"),
    path("people/<str:username>/tokens/<str:token_id>", views.PersonToken.as_view(), name="api-person-token"),
    path("teams", views.Teams.as_view(), name="api-teams"),
    path("whoami", views.WhoAmI.as_view(), name="api-whoami"),
]
pages = []
