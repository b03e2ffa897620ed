"""Addresses of the pages that need several nouns."""

from django.urls import path

from insights.pages import approval, audit, board, calendar, deployment, inbox, releases

api: list = []
pages = [
    path("inbox", inbox.inbox, name="inbox"),
    path("approvals/<str:approval_id>", approval.approval, name="approval"),
    path("board", board.board, name="board"),
    path("releases", releases.releases, name="releases"),
    path("releases/<str:application>/<str:version>", releases.release, name="release"),
    path("deployments/<str:deployment_id>", deployment.deployment, name="deployment"),
    path("deployments/<str:deployment_id>/live", deployment.live, name="deployment_live"),
    path("calendar", calendar.calendar, name="calendar"),
    path("audit", audit.audit, name="audit"),
]
