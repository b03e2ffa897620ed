"""`python -m bench [--quick] [name …]`: servers of our own, a throw-away database, JSON lines on stdout."""

import os
import signal
import sys
import tempfile
from pathlib import Path

import psycopg
from django.core.management import execute_from_command_line

from bench import servers
from bench.place import database_of_our_own, environment, place


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended then, too
    try:
        postgres = servers.shared_postgres() or servers.private_postgres(durable=True).url
        redis = servers.private_redis()
    except servers.NotInstalled as missing:
        print(missing, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="rg-bench-") as home:
        try:
            with database_of_our_own(postgres) as database:
                os.environ.update(environment(Path(home), database, redis.url))
                # Django reads its settings now, when they are chosen; the command does the rest.
                execute_from_command_line(["bench", "bench", *sys.argv[1:]])
        except psycopg.OperationalError as error:
            print(f"make bench needs a PostgreSQL: {error}", file=sys.stderr)
            return 2
        finally:
            place.stop()
            redis.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
