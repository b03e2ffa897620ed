"""Paths of the app: `api` below /api/v1/, `pages` below /."""

from django.urls import path

from audit import api as views

api = [
    path("audit/bundle", views.Bundle.as_view(), name="api-audit-bundle"),
    path("audit/checkpoint", views.LastCheckpoint.as_view(), name="api-audit-checkpoint"),
    path("audit/events", views.Events.as_view(), name="api-audit-events"),
    path("audit/events.jsonl", views.EventsJsonl.as_view(), name="api-audit-events-jsonl"),
    path("audit/key", views.Key.as_view(), name="api-audit-key"),
    path("audit/leaves/<int:index>/proof", views.LeafProof.as_view(), name="api-audit-leaf-proof"),
]
pages = []
