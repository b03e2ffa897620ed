"""Where a request came from."""

import ipaddress

from django.conf import settings


def client_address(request) -> str | None:
    """The caller's IP address as text, or None.

    `X-Forwarded-For` is believed only as far as `TRUSTED_PROXIES` proxies of ours stand in front (counted
    from the right: each appends whom it saw); with none, it is the peer's word and ignored.
    """
    peer = _valid(request.META.get("REMOTE_ADDR", ""))
    trusted = settings.TRUSTED_PROXIES
    if trusted < 1:
        return peer
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if len(hops) < trusted:
        return peer
    return _valid(hops[-trusted]) or peer


def _valid(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
