"""Who looks at a page, and how they want to see it: `request.actor`, `request.theme`, `request.zone`."""

from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from kernel.actor import Actor, Method
from kernel.address import client_address
from teams.queries import actor_for_person

THEMES = ("auto", "light", "dark")
ZONES = frozenset(available_timezones())  # read once: it walks a directory tree


class ActorMiddleware:
    """`actor` and `zone` are looked up when first used: the API's tokens need neither.

    `theme`: one of THEMES, from the cookie `theme`. `zone`: a ZoneInfo, from the cookie `zone`, else the
    person's own, else DEFAULT_VIEWER_ZONE. What the cookies hold is believed only if it is known.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.actor = SimpleLazyObject(lambda: _actor(request))
        theme = request.COOKIES.get("theme", "")
        request.theme = theme if theme in THEMES else THEMES[0]
        request.zone = SimpleLazyObject(lambda: _zone(request))
        return self.get_response(request)


def _actor(request) -> Actor:
    origin = {"ip": client_address(request), "request_id": getattr(request, "request_id", None)}
    person = getattr(request, "user", None)  # None: REST framework found nobody
    if person is None or not person.is_authenticated:
        return Actor.anonymous(**origin)
    return actor_for_person(person, method=Method.SESSION, **origin)


def _zone(request) -> ZoneInfo:
    name = request.COOKIES.get("zone", "")
    if name not in ZONES:
        name = getattr(getattr(request, "user", None), "zone", "")
    return ZoneInfo(name if name in ZONES else settings.DEFAULT_VIEWER_ZONE)
