"""Error pages and error documents for what no view answers."""

import logging

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import select_template
from django.utils.html import escape
from django.views.decorators.csrf import csrf_exempt

from kernel.refusals import Forbidden, NotFound, Refusal
from releasegate.rest.problems import BadRequest, ServerError, as_refusal, headers_of, problem

log = logging.getLogger(__name__)

API = "/api/v1"

# Shown when even the template of the error cannot be rendered. No style: the policy allows none inline.
PLAIN = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><main><h1>{title}</h1><p>{detail}</p><p>Request {request_id}</p><p><a href="/">Start page</a></p></main>
</body></html>
"""


def is_api(request) -> bool:
    """True for paths that answer JSON."""
    return request.path == API or request.path.startswith(API + "/")


def refusal_page(request, refusal: Refusal) -> HttpResponse:
    """The page `templates/errors/<status>.html` (else errors/error.html) with status, title, detail, code,
    reasons, request_id; a plain page if no template can be rendered."""
    context = {
        "status": refusal.status,
        "title": refusal.title,
        "detail": refusal.detail,
        "code": refusal.code,
        "reasons": refusal.reasons,
        "request_id": getattr(request, "request_id", ""),
    }
    try:
        template = select_template([f"errors/{refusal.status}.html", "errors/error.html"])
        body = template.render(context, request)
    except TemplateDoesNotExist:
        body = _plain(context)
    except Exception:  # whatever broke the page may also break its error page
        log.exception("the error page could not be rendered")
        body = _plain(context)
    return HttpResponse(body, status=refusal.status, headers=headers_of(refusal))


def _plain(context: dict) -> str:
    return PLAIN.format_map({name: escape(value) for name, value in context.items()})


def _answer(request, refusal: Refusal) -> HttpResponse:
    return problem(refusal, request) if is_api(request) else refusal_page(request, refusal)


def bad_request(request, exception) -> HttpResponse:
    """Django's handler400: a host name we do not serve, too many fields, …"""
    refusal = as_refusal(exception)
    return _answer(request, refusal if refusal.status < 500 else BadRequest())


def permission_denied(request, exception) -> HttpResponse:
    """Django's handler403."""
    return _answer(request, Forbidden("This needs a right you do not have; an administrator can give it."))


@login_not_required
def page_not_found(request, exception) -> HttpResponse:
    """Django's handler404: the same for what does not exist and what is not visible."""
    return _answer(request, NotFound())


def server_error(request) -> HttpResponse:
    """Django's handler500; Django has logged the cause."""
    return _answer(request, ServerError("It was logged under the request id."))


def csrf_failure(request, reason="") -> HttpResponse:
    """A form without its token: an old page, or another site's form."""
    detail = "This form is too old, or cookies are off. Go back, reload the page and send it again."
    return _answer(request, Forbidden(detail, code="csrf_failed"))


@csrf_exempt
@login_not_required
def api_not_found(request, *args, **kwargs) -> HttpResponse:
    """Everything unknown below /api/v1/, whatever the method: nothing is there that a forged form could reach."""
    return problem(NotFound(), request)
