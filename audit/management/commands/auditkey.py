"""`manage.py auditkey`: print the verifier key that auditors pin."""

from django.core.management.base import BaseCommand

from audit.signer import load_signer


class Command(BaseCommand):
    requires_system_checks = ()  # pages and targets are none of its business
    help = "Print the verifier key of the audit log, <name>+<id>+<base64>."

    def handle(self, *args, **options):
        self.stdout.write(load_signer().vkey)
