"""What every REST endpoint stands on: who asks, one transaction, idempotency, limits, ETags, lists."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import idempotency, rate_limit
from kernel.actor import Actor
from kernel.address import client_address
from kernel.fields import OffsetDateTimeField, ReasonIn, StrictSerializer, parse_time
from kernel.paging import Page
from kernel.refusals import Invalid, NotFound

__all__ = [
    "ApiView",
    "OffsetDateTimeField",
    "ReasonIn",
    "StrictSerializer",
    "listing",
    "parse_time",
    "read_body",
    "read_flag",
    "read_query",
    "read_time",
]

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class ApiView(APIView):
    """A REST endpoint. `self.actor` is the authenticated Actor (anonymous where `public` is set).

    Unsafe methods run inside one transaction. A refusal rolls back what the handler did; its denial event
    commits. With an `Idempotency-Key` the answer is stored in the same transaction, a refusal's too (the
    handler then has a savepoint). An answer of 500 or more rolls back all.

        def post(self, request):
            body = read_body(TeamIn, request)
            return Response(render(create_team(actor=self.actor, **body)), status=201)
    """

    permission_classes = ()
    public = False
    actor: Actor

    def initial(self, request, *args, **kwargs):
        """Authenticate (which checks the scope) and count the request, before anything is looked up."""
        super().initial(request, *args, **kwargs)
        if any(isinstance(value, str) and "\x00" in value for value in kwargs.values()):
            raise NotFound()  # PostgreSQL would answer a NUL with an error
        wire = request._request
        if request.successful_authenticator:
            self.actor = wire.actor
            rate_limit.take(self._principal, settings.RATE_LIMIT_PER_MINUTE)
        elif self.public:
            self.actor = Actor.anonymous(
                ip=client_address(wire), request_id=getattr(wire, "request_id", None)
            )
        else:
            raise NotAuthenticated()

    def dispatch(self, request, *args, **kwargs):
        self.args, self.kwargs = args, kwargs
        self.headers = self.default_response_headers
        self.request = request = self.initialize_request(request, *args, **kwargs)
        try:
            self.initial(request, *args, **kwargs)
            if request.method in UNSAFE - {"DELETE"}:
                read_query(request, {})  # what changes something says so in its body; DELETE has ?reason=
            handler = getattr(self, request.method.lower(), self.http_method_not_allowed)
            if request.method in UNSAFE:
                response = self._finish(self.after_commit(self._run_unsafe(request, handler)))
            else:
                response = self._finish(handler(request, *args, **kwargs))
        except Exception as error:  # noqa: BLE001 - the exception handler maps every one, 500 included
            response = self._finish(self._refuse(error))
        self.response = _with_etag(request, response)
        return self.response

    def prepare(self, request) -> None:
        """Long work of an unsafe method that needs no lock, such as reading a large file: called before its
        transaction. What it raises is answered, kept and recorded as if the handler had raised it."""

    def after_commit(self, response: HttpResponse) -> HttpResponse:
        """For endpoints that wait: called when the transaction of an unsafe method is over, with its answer or
        the one kept for the Idempotency-Key; what it answers goes out instead."""
        return response

    @property
    def _principal(self) -> str:
        return f"token:{self.actor.token_id}" if self.actor.token_id else self.actor.tag

    def _refuse(self, error: Exception) -> HttpResponse:
        if isinstance(error, AuthenticationFailed | NotAuthenticated) or getattr(error, "status", 0) == 401:
            try:
                address = client_address(self.request._request)
                rate_limit.count_failure(address, settings.UNAUTHENTICATED_LIMIT_PER_MINUTE)
            except rate_limit.TooManyRequests as flood:
                error = flood
        return self.handle_exception(error)

    def _finish(self, response: HttpResponse) -> HttpResponse:
        response = self.finalize_response(self.request, response, *self.args, **self.kwargs)
        return response.render() if isinstance(response, Response) else response

    def _run_unsafe(self, request, handler) -> HttpResponse:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return self._once(request, self._prepared(request, handler))
        claim = idempotency.Claim(self._principal, idempotency.read_key(key), _request_digest(request))
        with idempotency.running(claim.principal, claim.key):
            return self._in_transaction(request, self._prepared(request, handler), claim)

    def _prepared(self, request, handler: Callable) -> Callable:
        try:
            self.prepare(request)
        except Exception as error:  # noqa: BLE001 - raised again in the handler's place
            return partial(_raise, error)
        return handler

    def _once(self, request, handler) -> HttpResponse:
        """Nothing of a refused request is kept but its denial, which has a transaction of its own: no savepoint."""
        try:
            with transaction.atomic():
                response = self._finish(handler(request, *self.args, **self.kwargs))
                if response.status_code >= 500:
                    transaction.set_rollback(True)
        except Exception as error:  # noqa: BLE001 - the exception handler maps every one
            response = self._finish(self.handle_exception(error))
        return response

    def _in_transaction(self, request, handler, claim: idempotency.Claim) -> HttpResponse:
        with transaction.atomic():
            first = idempotency.find(claim)
            if first:
                return _replay(first)
            try:
                with transaction.atomic():
                    response = handler(request, *self.args, **self.kwargs)
            except Exception as error:  # noqa: BLE001 - the exception handler maps every one
                response = self.handle_exception(error)
            response = self._finish(response)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            else:
                idempotency.store(claim, _answer(response))
        return response


def _raise(error: Exception, *_, **__) -> None:
    raise error


def read_body(serializer: type[StrictSerializer], request) -> dict:
    """The validated body; raises ValidationError (422 with pointers)."""
    reader = serializer(data=request.data)
    reader.is_valid(raise_exception=True)
    return reader.validated_data


def read_query(request, allowed: Mapping[str, Callable | None]) -> dict:
    """The query parameters as {name: value}, every allowed name present.

    `allowed`: name → None (text, or None when absent) or a function of (text or None) that raises Invalid.
    An unknown or repeated parameter, or a NUL in one, is 422 with the pointer `?<name>`.
    """
    given = request.GET  # the same on Django's request and on DRF's
    errors = []
    for name, values in given.lists():
        if name not in allowed:
            errors.append(_parameter(name, "unknown_parameter", "There is no such parameter."))
        elif len(values) > 1:
            errors.append(_parameter(name, "parameter_repeated", "Give this parameter once."))
        elif "\x00" in values[0]:
            errors.append(_parameter(name, "parameter_invalid", "A NUL character is not text."))
    if errors:
        raise Invalid(errors=errors)
    return {name: read(given.get(name)) if read else given.get(name) for name, read in allowed.items()}


def read_flag(name: str) -> Callable[[str | None], bool | None]:
    """A reader for `read_query`: true, false, or None where it was not given; else 422 `parameter_invalid`."""

    def read(text: str | None) -> bool | None:
        if text not in (None, "true", "false"):
            raise Invalid(errors=[_parameter(name, "parameter_invalid", "true or false.")])
        return None if text is None else text == "true"

    return read


def read_time(name: str) -> Callable[[str | None], datetime | None]:
    """A reader for `read_query`: an RFC 3339 time with offset → aware UTC datetime.

    Else 422 `offset_required` or `time_invalid`. A `+` that a client forgot to encode arrives as a space and
    is read as the `+` it was.
    """

    def read(text: str | None) -> datetime | None:
        if text is None:
            return None
        try:
            return parse_time(text[:10] + text[10:11] + text[11:].replace(" ", "+"))
        except ValidationError as error:
            first = error.detail[0]
            raise Invalid(errors=[_parameter(name, first.code, str(first))]) from error

    return read


def listing(request, page: Page, render: Callable[[object], dict]) -> Response:
    """`{"items": […], "next": <absolute url of the following page, or null>}`."""
    following = None
    if page.next_cursor is not None:
        query = [(name, value) for name, value in request.query_params.items() if name != "cursor"]
        following = (
            f"{request.build_absolute_uri(request.path)}?{urlencode([*query, ('cursor', page.next_cursor)])}"
        )
    return Response({"items": [render(item) for item in page.items], "next": following})


def _parameter(name: str, code: str, detail: str) -> dict:
    return {"pointer": f"?{name}", "code": code, "detail": detail}


def _request_digest(request) -> str:
    """SHA-256 over method, path, query and body; of a form over its parts, not its boundary."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if not request.content_type.startswith("multipart/"):
        digest.update(request._request.body)
        return digest.hexdigest()
    for name in sorted(request.data):
        for value in request.data.getlist(name):
            content = value.read() if hasattr(value, "read") else value.encode()
            if hasattr(value, "seek"):
                value.seek(0)
            digest.update(f"{name}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()


def _answer(response: HttpResponse) -> idempotency.Answer:
    headers = {name: response[name] for name in idempotency.REPLAYED_HEADERS if name in response}
    return idempotency.Answer(response.status_code, headers, response.content)


def _replay(first: idempotency.Answer) -> HttpResponse:
    response = HttpResponse(first.body, status=first.status, headers=first.headers)
    response["Idempotency-Replayed"] = "true"
    return response


def _with_etag(request, response: HttpResponse) -> HttpResponse:
    """Weak ETag on what GET answers with 200; the same again → 304 without a body (RFC 9110 §13.1.2)."""
    if request.method not in {"GET", "HEAD"} or response.status_code != 200 or response.streaming:
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response
    if not response.has_header("ETag"):
        response["ETag"] = f'W/"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    if not response.has_header("Cache-Control"):
        response["Cache-Control"] = "private, no-cache"
    given = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    if response["ETag"].removeprefix("W/") not in given and "*" not in given:
        return response
    unchanged = HttpResponse(status=304)
    for name in ("ETag", "Cache-Control", "Vary"):
        if response.has_header(name):
            unchanged[name] = response[name]
    unchanged.headers.pop("Content-Type", None)
    return unchanged
