"""`/livez`, `/readyz`, `/metrics`: answered before host checks and redirects, so that any prober can ask."""

from django.http import HttpResponseNotAllowed

from releasegate import health, metrics

PATHS = {"/livez": health.livez, "/readyz": health.readyz, "/metrics": metrics.scrape}


class HealthMiddleware:
    """No login, no session, no redirect to https."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        answer = PATHS.get(request.path)
        if answer is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = answer(request)
        response["Cache-Control"] = "no-store"
        return response
