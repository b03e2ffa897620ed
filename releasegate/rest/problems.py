"""Every refusal and error of the API as `application/problem+json` (RFC 9457), mapped here alone."""

import logging

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.http import Http404, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from audit.actions.append import AuditUnavailable, record_denial
from audit.tags import Kind
from audit.triggers import refused_change
from kernel.actor import Actor
from kernel.address import client_address
from kernel.rate_limit import TooManyRequests
from kernel.refusals import Conflict, Denial, Forbidden, Invalid, LostRace, NotFound, Refusal, Unavailable
from releasegate.rest.parsers import TooLarge

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
DOCS = "/api/docs#"
RETRY_SECONDS = 2
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Unauthenticated(Refusal):
    """401: nobody is signed in, and no token came."""

    status = 401
    code = "not_authenticated"
    title = "You are not signed in"


class MethodNotAllowed(Refusal):
    """405."""

    status = 405
    code = "method_not_allowed"
    title = "This method is not allowed here"


class UnsupportedMediaType(Refusal):
    """415."""

    status = 415
    code = "unsupported_media_type"
    title = "This content type is not read here"


class BadRequest(Refusal):
    """400."""

    status = 400
    code = "bad_request"
    title = "The request cannot be read"


class NotAcceptable(Refusal):
    """406."""

    status = 406
    code = "not_acceptable"
    title = "The answer is not available in this form"


class LogUnchangeable(Forbidden):
    """403: a statement would have changed the sealed log. Nothing of ours sends one, so somebody else did (F02)."""

    code = "log_append_only"
    title = "The audit log cannot be changed"


class ServerError(Refusal):
    """500; the cause is in the log under the request id, never in the answer."""

    status = 500
    code = "internal_error"
    title = "Something went wrong on our side"


def exception_handler(error: Exception, context: dict) -> Response:
    """DRF's hook: any exception of an endpoint → its problem document, after its denial was recorded."""
    view, wire = context["view"], context["request"]._request
    refusal = as_refusal(error)
    if refusal.status >= 500:
        # A refusal without a cause was meant: its words say all, and a trace would cry wolf.
        meant = error is refusal and error.__cause__ is None
        log.error("%s %s: %s", wire.method, wire.path, refusal.code, exc_info=None if meant else error)
    refusal = record(refusal, wire, getattr(view, "actor", None) or getattr(wire, "actor", None))
    headers = headers_of(refusal)
    if isinstance(error, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(view.allowed_methods)
    return Response(
        document(refusal, wire), status=refusal.status, headers=headers, content_type=CONTENT_TYPE
    )


def as_refusal(error: Exception) -> Refusal:
    """Any exception as the Refusal it amounts to; unknown ones as a 500 that says nothing of the cause."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return Forbidden("This is not allowed.")
    if isinstance(error, RequestDataTooBig | TooManyFilesSent | TooManyFieldsSent):
        return TooLarge()
    if isinstance(error, LostRace):
        return Conflict("Somebody else changed this at the same moment. Look again.", code="lost_race")
    if isinstance(error, DatabaseError) and (table := refused_change(error)):
        log.critical("somebody tried to change the audit log (%s)", table)
        denial = Denial(kind=Kind.LOG_CHANGE_REFUSED, subject=f"log:{table}", data={"table": table})
        return LogUnchangeable("The attempt is on record.", denial=denial)
    if isinstance(error, OperationalError | InterfaceError):
        return Unavailable("The database did not answer in time. Try again.", code="database_unavailable")
    return ServerError("It was logged under the request id.")


def _of_framework(error: exceptions.APIException) -> Refusal:
    if isinstance(error, exceptions.ValidationError):
        return Invalid(errors=pointers(error.detail))
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return Unauthenticated("Send a token, or sign in.")
    if isinstance(error, exceptions.PermissionDenied):
        csrf = "CSRF" in str(error.detail)
        return Forbidden(str(error.detail), code="csrf_failed" if csrf else None)
    table = {
        exceptions.ParseError: BadRequest,
        exceptions.MethodNotAllowed: MethodNotAllowed,
        exceptions.UnsupportedMediaType: UnsupportedMediaType,
        exceptions.NotAcceptable: NotAcceptable,
        exceptions.NotFound: NotFound,
    }
    for kind, refusal in table.items():
        if isinstance(error, kind):
            return refusal() if kind is exceptions.NotFound else refusal(str(error.detail))
    return ServerError("It was logged under the request id.")


def pointers(detail, path: str = "") -> list[dict]:
    """DRF's nested error detail as [{pointer (RFC 6901), code, detail}], in the order of the fields."""
    if isinstance(detail, dict):
        found = []
        for name, below in detail.items():
            step = "" if name == "non_field_errors" else "/" + str(name).replace("~", "~0").replace("/", "~1")
            found += pointers(below, path + step)
        return found
    if isinstance(detail, list):
        found = []
        for index, item in enumerate(detail):
            found += pointers(item, f"{path}/{index}" if isinstance(item, dict) and item else path)
        return found
    return [{"pointer": path, "code": getattr(detail, "code", "invalid") or "invalid", "detail": str(detail)}]


def document(refusal: Refusal, request) -> dict:
    """The members of the problem document. `extra` members never replace the standard ones."""
    body = {
        "type": f"{DOCS}{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
        "request_id": getattr(request, "request_id", None),
    }
    if refusal.errors:
        body["errors"] = refusal.errors
    if refusal.reasons:
        body["reasons"] = refusal.reasons
    return {**refusal.extra, **body}


def headers_of(refusal: Refusal) -> dict[str, str]:
    """The headers that belong to a status: Retry-After, WWW-Authenticate (RFC 6750 §3)."""
    headers = {"Cache-Control": "no-store"}
    if isinstance(refusal, TooManyRequests):
        headers["Retry-After"] = str(refusal.retry_after)
    elif refusal.status == 503:
        headers["Retry-After"] = str(refusal.extra.get("retry_after", RETRY_SECONDS))
    elif refusal.status == 401:
        dead = refusal.code != Unauthenticated.code
        headers["WWW-Authenticate"] = 'Bearer realm="releasegate"' + (
            ', error="invalid_token"' if dead else ""
        )
    return headers


def record(refusal: Refusal, request, actor: Actor | None) -> Refusal:
    """Write the refusal's denial event, if it is one to record; answers the refusal to show.

    That is the same one, or AuditUnavailable (503) when the event cannot be written. A 403 on a changing
    request is recorded even if the action described no denial of its own, so no refused change goes unseen.
    """
    if refusal.denial is None and (refusal.status != 403 or request.method in SAFE):
        return refusal
    actor = actor or Actor.anonymous(
        ip=client_address(request), request_id=getattr(request, "request_id", None)
    )
    denial = refusal.denial or _forbidden_change(refusal, request, actor)
    if denial is None:
        return refusal
    try:
        with transaction.atomic():
            record_denial(actor, denial, refusal.code)
    except (AuditUnavailable, DatabaseError) as error:
        log.exception("a denial could not be recorded")
        return error if isinstance(error, AuditUnavailable) else AuditUnavailable()
    return refusal


def _forbidden_change(refusal: Refusal, request, actor: Actor) -> Denial | None:
    if not actor.is_human and actor.application is None:
        return None  # nobody we know
    match = request.resolver_match
    missing = refusal.extra.get("missing_permission") or refusal.extra.get("missing_scope") or ""
    return Denial(
        kind="request.denied",
        subject=actor.tag,
        application=actor.application,
        data={
            "method": request.method,
            "route": match.route if match else "",
            "missing": str(missing),
        },
        private={"path": request.path[:2000]},  # paths may name people
    )


def problem(refusal: Refusal, request) -> HttpResponse:
    """The problem document as a plain Django response, for what never reaches an endpoint."""
    return JsonResponse(
        document(refusal, request),
        status=refusal.status,
        headers=headers_of(refusal),
        content_type=CONTENT_TYPE,
    )
