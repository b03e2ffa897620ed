"""A token in a URL is in logs and histories by now: refused before anything else, and revoked."""

import logging
from urllib.parse import parse_qsl

from django.db import DatabaseError

from kernel.address import client_address
from kernel.refusals import Refusal, Unavailable
from releasegate.rest.problems import problem
from teams.actions.revoke_leaked_token import revoke_leaked_token

log = logging.getLogger(__name__)

PREFIX = "rgt_"
MOST = 20  # tokens revoked per request; nobody leaks more by accident


class TokenInQuery(Refusal):
    """400: send the token in the Authorization header."""

    status = 400
    code = "token_in_query"
    title = "A token does not belong in a URL"


class TokenInQueryMiddleware:
    """400 `token_in_query` for every method and path."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        query = request.META.get("QUERY_STRING", "")
        leaked = {value for _, value in parse_qsl(query, keep_blank_values=True) if value.startswith(PREFIX)}
        if not leaked:
            return self.get_response(request)
        try:
            for secret in sorted(leaked)[:MOST]:
                revoke_leaked_token(secret=secret, request_id=request.request_id, ip=client_address(request))
        except DatabaseError:
            log.exception("a leaked token could not be revoked")
            return problem(Unavailable("The token could not be revoked yet. Revoke it yourself."), request)
        detail = "Send it as `Authorization: Bearer …`. The token that was in this URL has been revoked."
        return problem(TokenInQuery(detail), request)
