"""Paths of the app: `api` below /api/v1/, `pages` below /."""

from django.urls import path

from pipelines import api as views

api = [
    path("accounts", views.Accounts.as_view(), name="api-accounts"),
    path("accounts/<str:name>/test", views.AccountTest.as_view(), name="api-account-test"),
    path("environments", views.Environments.as_view(), name="api-environments"),
    path("environments/<str:name>", views.OneEnvironment.as_view(), name="api-environment"),
    path("pipelines/<str:application>", views.Pipeline.as_view(), name="api-pipeline"),
    path(
        "pipelines/<str:application>/validate",
        views.PipelineValidation.as_view(),
        name="api-pipeline-validation",
    ),
]
pages = []
