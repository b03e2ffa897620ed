"""Paths of the app: `api` below /api/v1/, `pages` below /. `releases` is mounted by deployments, which adds
where each release was deployed; until something does, it stands here."""

from django.urls import path

from releases import api as views

api = [
    path("builds", views.Builds.as_view(), name="api-builds"),
    path("builds/<str:build_id>", views.BuildDetail.as_view(), name="api-build"),
    path("releases", views.Releases.as_view(), name="api-releases"),
]
pages = []
