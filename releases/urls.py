"""Paths of the app: `api` below /api/v1/, `pages` below /. `releases` is mounted by deployments, which adds
where each release was deployed."""

from django.urls import path

from releases import api as views

api = [
    path("builds", views.Builds.as_view(), name="api-builds"),
    path("builds/<str:build_id>", views.BuildDetail.as_view(), name="api-build"),
]
pages = []
