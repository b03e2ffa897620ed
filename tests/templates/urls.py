"""Addresses with the names the templates use, so that they can be rendered without any view."""

from django.http import HttpResponse
from django.urls import path


def nothing(request, **kwargs):
    """Stands where a view of the product stands."""
    return HttpResponse("")


NAMES = (
    *("inbox", "board", "calendar", "audit", "releases", "help", "set_theme", "set_zone"),
    *("account_login", "account_logout", "account_reset_password"),
)

urlpatterns = [
    *(path(f"{name}/", nothing, name=name) for name in NAMES),
    path("r/<application>/<version>", nothing, name="release"),
    path("approvals/<pk>", nothing, name="approval"),
    path("deployments/<pk>", nothing, name="deployment"),
]
