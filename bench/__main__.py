"""`make bench`: a throw-away database on the PostgreSQL of DATABASE_URL (or the usual address), JSON lines out."""

import json
import os
import secrets
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg

DEFAULT = "postgres://127.0.0.1:5432/test"


def main() -> int:
    address = urlsplit(os.environ.get("DATABASE_URL", DEFAULT))
    name = f"bench_{secrets.token_hex(4)}"
    try:
        server = psycopg.connect(urlunsplit(address), autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        print("make bench needs a PostgreSQL: set DATABASE_URL.", file=sys.stderr)
        return 2
    with server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            os.environ["DATABASE_URL"] = urlunsplit(address._replace(path=f"/{name}"))
            os.environ["RELEASEGATE_MODE"] = "test"
            os.environ["DJANGO_SETTINGS_MODULE"] = "releasegate.settings"
            run()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    return 0


def run() -> None:
    """Set up and measure; Django may be imported only now, when its settings are chosen."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    export = __import__("bench.export", fromlist=["measure"])
    print(json.dumps(export.measure()), flush=True)


if __name__ == "__main__":
    sys.exit(main())
