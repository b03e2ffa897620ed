"""How this process reaches AWS: the settings, made into sessions once."""

from functools import cache

from django.conf import settings

from aws.session import AwsConfig, Sessions


@cache
def _sessions(config: AwsConfig) -> Sessions:
    return Sessions(config)


def sessions() -> Sessions:
    """The sessions of this process. Clients are made once per configuration and shared between threads; the
    sessions of target accounts expire and are the caller's to renew."""
    return _sessions(
        AwsConfig(
            endpoint_url=settings.AWS_ENDPOINT_URL,
            region=settings.AWS_REGION,
            access_key_id=settings.AWS_ACCESS_KEY_ID,
            secret_access_key=settings.AWS_SECRET_ACCESS_KEY,
        )
    )
