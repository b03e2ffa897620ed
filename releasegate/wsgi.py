"""The WSGI entry point (gunicorn in production, waitress in the embedded mode)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "releasegate.settings")
application = get_wsgi_application()
