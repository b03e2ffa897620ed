"""How a process reaches AWS: its own settings, once, and in the embedded mode never a real account."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from pipelines.sessions import sessions

REFUSED = [
    None,
    "",
    "https://sts.eu-west-1.amazonaws.com",
    "http://localhost.evil.example:4566",
    "http://127.0.0.1@evil.example",
    "http://10.0.0.7:4566",
    "localhost:4566",
]


@pytest.mark.parametrize("url", REFUSED)
def test_the_embedded_mode_reaches_nothing_but_a_sandbox_on_this_machine(settings, url):
    settings.MODE, settings.AWS_ENDPOINT_URL = "embedded", url
    with pytest.raises(ImproperlyConfigured, match="never with real accounts"):
        sessions()


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566", "http://localhost:4566", "http://[::1]:4566"])
def test_the_embedded_mode_reaches_its_sandbox(settings, url):
    settings.MODE, settings.AWS_ENDPOINT_URL = "embedded", url
    assert sessions().config.endpoint_url == url


def test_another_mode_may_reach_real_accounts(settings):
    settings.MODE, settings.AWS_ENDPOINT_URL = "production", None
    assert sessions().config.endpoint_url is None


def test_sessions_are_made_once_per_configuration(settings):
    settings.AWS_REGION = "eu-west-1"
    first = sessions()
    assert sessions() is first
    settings.AWS_REGION = "eu-central-1"
    assert sessions() is not first
    assert sessions().config.region == "eu-central-1"
