"""How this process reaches AWS: the settings, made into sessions once."""

from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from aws.session import AwsConfig, Sessions


@cache
def _sessions(config: AwsConfig) -> Sessions:
    return Sessions(config)


def _refuse_real_accounts() -> None:
    """The embedded mode seeds passwords and deploys for show: it never reaches real AWS."""
    if settings.MODE != "embedded":
        return
    host = urlsplit(settings.AWS_ENDPOINT_URL or "").hostname
    if host not in ("127.0.0.1", "localhost", "::1"):
        raise ImproperlyConfigured(
            "The embedded mode works with the sandbox AWS only, never with real accounts."
        )


def sessions() -> Sessions:
    """The sessions of this process. Clients are made once per configuration and shared between threads; the
    sessions of target accounts expire and are the caller's to renew.

    Raises ImproperlyConfigured where the embedded mode is pointed at anything but a sandbox on this machine."""
    _refuse_real_accounts()
    return _sessions(
        AwsConfig(
            endpoint_url=settings.AWS_ENDPOINT_URL,
            region=settings.AWS_REGION,
            access_key_id=settings.AWS_ACCESS_KEY_ID,
            secret_access_key=settings.AWS_SECRET_ACCESS_KEY,
        )
    )
