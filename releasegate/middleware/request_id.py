"""`X-Request-Id`: the caller's if it is harmless, else a new one; in every answer, log line and event."""

import re
import secrets

from releasegate.logs import current_request_id

HEADER = "X-Request-Id"
_HARMLESS = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}")


class RequestIdMiddleware:
    """Sets `request.request_id`."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.headers.get(HEADER, "")
        # A token in the wrong header must not travel into logs and events as an id.
        harmless = _HARMLESS.fullmatch(given) and "rgt_" not in given
        request.request_id = given if harmless else f"req_{secrets.token_hex(12)}"
        mark = current_request_id.set(request.request_id)
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(mark)
        response[HEADER] = request.request_id
        return response
