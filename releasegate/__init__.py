"""The wiring: settings, URLs, Celery, WSGI, the commands that start processes.

Owns no domain noun; imports every app and is imported by none.
"""
