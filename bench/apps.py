"""The bench as a Django app: a table for the floor, and, where asked for, a product that audits nothing."""

import importlib
import os
import sys

from django.apps import AppConfig

WITHOUT_AUDIT = "BENCH_WITHOUT_AUDIT"


class BenchConfig(AppConfig):
    name = "bench"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        if os.environ.get(WITHOUT_AUDIT):
            leave_out_the_audit()


def leave_out_the_audit() -> None:
    """From here on every action of this process calls an `append()` that does nothing: the seal bench's floor."""
    importlib.import_module("releasegate.urls")  # with it, all that a request can reach is loaded
    real = importlib.import_module("audit.actions.append").append
    for module in list(sys.modules.values()):
        if getattr(module, "append", None) is real:
            module.append = _nothing


def _nothing(**_) -> None:
    return None
