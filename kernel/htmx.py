"""Answers that serve both a page and a fragment."""

from django.utils.cache import patch_vary_headers


def is_fragment(request) -> bool:
    """True when htmx asks for a part of the page (not for a history restore)."""
    asked = request.headers.get("HX-Request") == "true"
    return asked and request.headers.get("HX-History-Restore-Request") != "true"


def vary(response):
    """A URL that answers with either must say so, or a cache serves the fragment as the page."""
    patch_vary_headers(response, ["HX-Request"])
    return response
