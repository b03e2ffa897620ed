"""The product's addresses and the floors'. Only bench/settings.py knows this module."""

from django.urls import path

from bench import views
from releasegate import urls
from releasegate.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    # Below /builds, so that the same token with the same scope is let in.
    path("api/v1/builds/bench/rows", views.Rows.as_view()),
    path("bench/page", views.page),
    *urls.urlpatterns,
]
