"""Production's settings are safe, complete, and refuse to start half."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

PRODUCTION = {
    "RELEASEGATE_MODE": "production",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_",
    "DATABASE_URL": "postgres://app:app@127.0.0.1:1/nothing",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "ALLOWED_HOSTS": "gate.example",
    "RELEASEGATE_PUBLIC_URL": "https://gate.example",
}


def run(*arguments: str, without: str | None = None, **more: str) -> subprocess.CompletedProcess:
    """A process of its own with production's environment; settings are read once per process."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {name: value for name, value in PRODUCTION.items() if name != without} | more
    environment["DJANGO_SETTINGS_MODULE"] = "releasegate.settings"
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )


def value(expression: str, **more: str) -> str:
    code = f"from django.conf import settings; print({expression})"
    done = run("-c", code, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_command_that_lacks_a_setting_says_which_in_one_line():
    done = run("manage.py", "createadmin", "--help", without="SECRET_KEY")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "SECRET_KEY (or SECRET_KEY_FILE) is required in production. See docs/reference/configuration.md."
    ]


def test_django_has_nothing_to_say_against_production():
    done = run(
        "manage.py", "check", "--deploy", "--fail-level", "WARNING", RELEASEGATE_BEHIND_TLS_PROXY="true"
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SECRET_KEY", "SECRET_KEY (or SECRET_KEY_FILE) is required"),
        ("REDIS_URL", "REDIS_URL is required"),
        ("DATABASE_URL", "set DATABASE_URL"),
    ],
)
def test_production_does_not_start_without_what_it_needs(name, words):
    done = run("-c", "from django.conf import settings; settings.DEBUG", without=name)
    assert done.returncode != 0
    assert words in done.stderr


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("RELEASEGATE_MODE", "prod", "RELEASEGATE_MODE must be"),
        ("RELEASEGATE_DATABASE_ROLE", "root", "RELEASEGATE_DATABASE_ROLE must be"),
        ("RELEASEGATE_RATE_LIMIT_PER_MINUTE", "0", "at least 1"),
        ("RELEASEGATE_TIME_SCALE", "fast", "must be a number"),
        ("RELEASEGATE_BEHIND_TLS_PROXY", "perhaps", "must be true or false"),
        ("DATABASE_URL", "mysql://x", "Production runs on PostgreSQL"),
    ],
)
def test_nonsense_stops_the_start(name, given, words):
    done = run("-c", "from django.conf import settings; settings.DEBUG", **{name: given})
    assert done.returncode != 0
    assert words in done.stderr


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("settings.DEBUG", "False"),
        ("settings.CLOCK_MAY_MOVE", "False"),
        ("settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE", "True"),
        ("settings.SESSION_COOKIE_NAME", "__Host-session"),
        ("settings.SECURE_SSL_REDIRECT", "True"),
        ("settings.SECURE_HSTS_SECONDS", "31536000"),
        ("settings.ALLOWED_HOSTS", "['gate.example']"),
        ("settings.SINGLE_QUEUE", "False"),
        ("settings.CSRF_TRUSTED_ORIGINS", "['https://gate.example']"),
    ],
)
def test_production_is_strict(expression, expected):
    assert value(expression) == expected


def test_production_never_moves_the_clock_even_if_told_to():
    assert value("settings.CLOCK_MAY_MOVE", RELEASEGATE_CLOCK_MAY_MOVE="true") == "False"


def test_the_role_chooses_the_address():
    owner = "postgres://owner:x@127.0.0.1:1/nothing"
    expression = "settings.DATABASES['default']['USER']"
    more = {"DATABASE_OWNER_URL": owner}
    assert value(expression, **more) == "app"
    assert value(expression, RELEASEGATE_DATABASE_ROLE="owner", **more) == "owner"


def test_sessions_and_caches_live_in_the_database():
    assert settings.SESSION_ENGINE.endswith("db")
    assert settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache")


def test_the_headers_stand_outermost_and_the_refusals_innermost():
    assert settings.MIDDLEWARE[0].endswith("ContentSecurityPolicyMiddleware")
    assert settings.MIDDLEWARE[-1].endswith("RefusalMiddleware")
    order = [name.rsplit(".", 1)[-1] for name in settings.MIDDLEWARE]
    assert order.index("RequestIdMiddleware") < order.index("TokenInQueryMiddleware")
    assert order.index("TokenInQueryMiddleware") < order.index("SecurityMiddleware")
    assert order.index("CsrfViewMiddleware") < order.index("RefusalMiddleware")


def test_only_who_migrates_gives_up_on_a_lock():
    options = "settings.DATABASES['default']['OPTIONS']['options']"
    migrating = value(options, RELEASEGATE_DATABASE_ROLE="owner")
    assert "-c lock_timeout=10000 -c statement_timeout=1800000" in migrating
    for role in ("app", "sealer"):
        assert "lock_timeout" not in value(options, RELEASEGATE_DATABASE_ROLE=role)
