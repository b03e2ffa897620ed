"""Addresses of the pages (temporary)."""

from django.http import HttpResponse
from django.urls import path


def stub(request, **kw):
    return HttpResponse("page")


api: list = []
pages = [
    path(p, stub, name=n)
    for n, p in [
        ("inbox", "inbox"),
        ("board", "board"),
        ("calendar", "calendar"),
        ("audit", "audit"),
        ("releases", "releases"),
        ("release", "releases/<str:application>/<str:version>"),
        ("approval", "approvals/<str:pk>"),
        ("deployment", "deployments/<str:pk>"),
    ]
]
