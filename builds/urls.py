"""Paths of the app: `api` below /api/v1/, `pages` below /. The rest of `builds` is releases'."""

from django.urls import path

from builds import api as views

api = [
    path("builds/<str:build_id>/evidence", views.EvidenceList.as_view(), name="api-build-evidence"),
]
pages = []
