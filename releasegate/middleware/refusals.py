"""Pages: one outer transaction per changing request, and refusals as a message or a page.

A refusal rolls back what the view did; its denial event commits in the outer transaction, as in the API.
"""

from contextlib import nullcontext
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from kernel.drafts import keep_draft
from kernel.refusals import LostRace, NotFound, Refusal
from releasegate.errors import is_api, refusal_page
from releasegate.rest.problems import BadRequest, as_refusal, record

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class RefusalMiddleware:
    """Stands innermost, so that it wraps the view and nothing else. Leaves the API alone."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Run the view here, so that the transaction holds exactly it."""
        if is_api(request):
            return None
        if any(isinstance(value, str) and "\x00" in value for value in kwargs.values()):
            return refusal_page(request, NotFound())  # PostgreSQL would answer a NUL with an error
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            return refusal_page(request, BadRequest("A NUL character is not text."))
        if request.method in SAFE:
            return _guarded(request, view, args, kwargs)
        with transaction.atomic():
            response = _guarded(request, view, args, kwargs)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response


def _guarded(request, view, args, kwargs) -> HttpResponse:
    try:
        with nullcontext() if request.method in SAFE else transaction.atomic():
            return view(request, *args, **kwargs)
    except (Refusal, LostRace) as error:
        return _refused(request, record(as_refusal(error), request, request.actor))
    except DatabaseError as error:
        refusal = as_refusal(error)
        if refusal.denial is None:
            raise
        return _refused(request, record(refusal, request, request.actor))


def _refused(request, refusal: Refusal) -> HttpResponse:
    """A form goes back to its page with a message and what was typed; everything else shows an error page."""
    if refusal.status == 401 and not request.actor.is_human:  # else: a passkey's answer was not accepted
        return redirect_to_login(request.get_full_path() if request.method in SAFE else "/")
    back = safe_return(request)
    if request.method in SAFE or refusal.status in {404, 429} or refusal.status >= 500 or back is None:
        return refusal_page(request, refusal)
    keep_draft(request, refusal)
    messages.error(request, refusal.detail, extra_tags=refusal.code)
    response = HttpResponseRedirect(back)
    response.status_code = 303  # RFC 9110 §15.4.4: look there with GET
    return response


def safe_return(request) -> str | None:
    """The page a form came from, as a path of this site (and the place in it, which the form itself may name in
    its field `next`); else the Referer; else None."""
    for target in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        host = {request.get_host()}
        if target and url_has_allowed_host_and_scheme(target, host, require_https=request.is_secure()):
            parts = urlsplit(target)
            path = parts.path or "/"
            query = f"?{parts.query}" if parts.query else ""
            return f"{path}{query}{f'#{parts.fragment}' if parts.fragment else ''}"
    return None
