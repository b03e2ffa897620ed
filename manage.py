#!/usr/bin/env python
"""Django's command line for Release Gate."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "releasegate.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # says what to set; thirty lines of ours before it help nobody
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"{error} See docs/reference/configuration.md.")
