"""Small pages of the wiring: how one wants to see the site, the schema, the reference."""

from functools import cache
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.http import require_POST, require_safe

from kernel.refusals import Invalid
from kernel.rest import read_query
from releasegate.middleware.actor import THEMES
from releasegate.middleware.refusals import safe_return
from releasegate.rest import reference
from releasegate.rest.problems import problem
from releasegate.rest.schema import build_schema

YEAR = 365 * 86_400


@login_not_required
@require_POST
def set_theme(request) -> HttpResponse:
    """`theme`: auto, light or dark; 422 `theme_unknown` otherwise. Back to the page it came from."""
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        raise Invalid(errors=[_wrong("theme", "Choose auto, light or dark.")])
    return _remember(request, "theme", theme)


@login_not_required
@require_POST
def set_zone(request) -> HttpResponse:
    """`zone`: an IANA time zone, or empty for the default; 422 `zone_unknown` otherwise."""
    zone = request.POST.get("zone", "")
    if zone and zone not in available_timezones():
        raise Invalid(errors=[_wrong("zone", "There is no such time zone.")])
    return _remember(request, "zone", zone)


@login_not_required
@require_safe
def favicon(request) -> HttpResponse:
    """Browsers ask for this name beside what cannot name the icon itself: JSON, CSV, text."""
    return HttpResponseRedirect(static("img/favicon.svg"))


@login_not_required
@require_safe
def openapi(request) -> HttpResponse:
    """The OpenAPI 3.1 document, generated from the code that answers."""
    try:
        read_query(request, {})
    except Invalid as refusal:  # no page: whoever asks reads JSON
        return problem(refusal, request)
    return JsonResponse(_schema(), headers={"Cache-Control": "private, max-age=300"})


@login_not_required
@require_safe
def api_reference(request) -> HttpResponse:
    """The same document for people, without a script."""
    return render(request, "api/reference.html", {"sections": reference.sections(_schema())})


_schema = cache(build_schema)


def _wrong(name: str, detail: str) -> dict:
    return {"pointer": f"/{name}", "code": f"{name}_unknown", "detail": detail}


def _remember(request, name: str, value: str) -> HttpResponse:
    response = HttpResponseRedirect(safe_return(request) or "/")
    response.status_code = 303
    if value:
        response.set_cookie(
            name, value, max_age=YEAR, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    else:
        response.delete_cookie(name)
    return response
