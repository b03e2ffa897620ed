"""Answers of pages: those that serve a fragment, too, and those to a form that was posted."""

from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.cache import patch_vary_headers


def is_fragment(request) -> bool:
    """True when htmx asks for a part of the page (not for a history restore)."""
    asked = request.headers.get("HX-Request") == "true"
    return asked and request.headers.get("HX-History-Restore-Request") != "true"


def vary(response):
    """A URL that answers with either must say so, or a cache serves the fragment as the page."""
    patch_vary_headers(response, ["HX-Request"])
    return response


def see_other(name: str, *args) -> HttpResponseRedirect:
    """303 to the page of this name, so that a reload of it posts nothing again."""
    response = redirect(name, *args)
    response.status_code = 303
    return response
