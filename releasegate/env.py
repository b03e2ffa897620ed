"""Settings from the environment, read strictly: nonsense stops the start instead of becoming a default.

Each secret may also come from a file named by `<NAME>_FILE`.
"""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# WAL lets readers work beside the one writer; NORMAL loses no committed row when only the process dies.
SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA busy_timeout=20000;"


def env_text(name: str, default: str | None = None) -> str | None:
    return os.environ.get(name, default)


def env_secret(name: str, default: str | None = None) -> str | None:
    """The value of NAME, or the content of the file NAME_FILE names. Both set: refused."""
    value, path = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if value is not None and path is not None:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
    if path is None:
        return default if value is None else value
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}") from error


def env_bool(name: str, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def env_number(name: str, default: float, *, least: float = 0) -> float:
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        number = float(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a number, not {value!r}.") from error
    if not number >= least:
        raise ImproperlyConfigured(f"{name} must be at least {least:g}, not {value!r}.")
    return number


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def database(url: str, *, idle_seconds: float = 30, limits: dict[str, int] | None = None) -> dict:
    """A Django DATABASES entry from `postgres://user:password@host:port/name?role=…` or `sqlite:///path`.

    PostgreSQL ends a session that does nothing for `idle_seconds` inside a transaction: a process that hangs, or
    whose machine is gone, holds its row locks no longer than that. `limits`: further settings of its sessions, in
    seconds (`lock_timeout`, `statement_timeout`).
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(url.removeprefix("sqlite:///")) or ":memory:",
            # Without IMMEDIATE most concurrent read-then-write transactions fail with "database is locked".
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": SQLITE_PRAGMAS,
            },
        }
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"DATABASE_URL must begin with postgres:// or sqlite:///, not {parts.scheme}://"
        )
    query = dict(parse_qsl(parts.query))
    seconds = {"idle_in_transaction_session_timeout": idle_seconds, **(limits or {})}
    given = [f"-c {name}={int(value * 1000)}" for name, value in seconds.items()]
    if "role" in query:
        given.append(f"-c role={query['role']}")
    options = {"connect_timeout": 3, "options": " ".join(given)}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
