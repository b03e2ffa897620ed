"""The product's settings, and beside its addresses the bare endpoints that it is measured against."""

from releasegate.settings import *  # noqa: F403
from releasegate.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "bench"]
ROOT_URLCONF = "bench.urls"
