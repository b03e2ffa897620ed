"""`manage.py demo`: the whole product in one process, seeded, with a sandbox AWS. Ctrl-C ends all of it.

Settings are read once, at import, so this command only chooses them and starts the same process again, as
`demo_process`.
"""

import os
import secrets
import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

# What comes along of the caller's environment: nothing that could name a real database, broker or AWS account.
KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "PYTHONUNBUFFERED",
    "LOG_LEVEL",
)


class Command(BaseCommand):
    help = "Start a seeded Release Gate with a sandbox AWS, all in this process."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--data-dir", default=str(settings.BASE_DIR / "var" / "demo"))
        parser.add_argument("--reset", action="store_true", help="forget everything and start over")
        parser.add_argument("--json", action="store_true", help="first line on stdout: one JSON object")

    def handle(self, *args, host, port, data_dir, reset, **options):
        if settings.PRODUCTION:
            raise CommandError("The demo does not run with production settings.")
        if not 0 <= port <= 65535:
            raise CommandError("--port is a number from 0 to 65535.")
        data_dir = Path(data_dir).resolve()
        arguments = ["--host", host, "--port", str(port), "--data-dir", str(data_dir)]
        arguments += [name for name, wanted in (("--reset", reset), ("--json", options["json"])) if wanted]
        manage = str(settings.BASE_DIR / "manage.py")
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, manage, "demo_process", *arguments], environment(data_dir))


def environment(data_dir: Path) -> dict[str, str]:
    """The demo's own settings; the SECRET_KEY is made on the first start, so that sessions outlive a restart."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    secret = data_dir / "secret-key"
    return kept | {
        "RELEASEGATE_DEMO": "1",
        "RELEASEGATE_MODE": "embedded",
        "RELEASEGATE_DATA_DIR": str(data_dir),
        "RELEASEGATE_POLL_SECONDS": "0.5",
        "RELEASEGATE_AUDIT_ORIGIN": "demo.releasegate.local/audit",
        "SECRET_KEY": secret.read_text() if secret.is_file() else secrets.token_urlsafe(50),
        "DJANGO_SETTINGS_MODULE": "releasegate.settings",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
