"""Addresses of the pages."""

from django.urls import path

from insights.views.audit import audit
from insights.views.board import board
from insights.views.break_glass import break_glass, break_glass_review
from insights.views.calendar import calendar
from insights.views.changes import change, changes
from insights.views.decision import approval
from insights.views.delegations import delegations
from insights.views.deployment import deployment, deployment_log
from insights.views.inbox import inbox
from insights.views.release import release
from insights.views.releases import releases

api: list = []
pages = [
    path("inbox", inbox, name="inbox"),
    path("board", board, name="board"),
    path("break-glass", break_glass, name="break_glass"),
    path("break-glass/<str:pk>", break_glass_review, name="break_glass_one"),
    path("calendar", calendar, name="calendar"),
    path("audit", audit, name="audit"),
    path("changes", changes, name="changes"),
    path("changes/<str:pk>", change, name="change"),
    path("delegations", delegations, name="delegations"),
    path("releases", releases, name="releases"),
    path("releases/<str:application>/<str:version>", release, name="release"),
    path("approvals/<str:pk>", approval, name="approval"),
    path("deployments/<str:pk>", deployment, name="deployment"),
    path("deployments/<str:pk>/log", deployment_log, name="deployment_log"),
]
