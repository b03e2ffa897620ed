"""Addresses of the deployments app, and of what needs it (votes, board, release detail, history)."""

from django.urls import path

from deployments import views
from deployments.api import accounts, break_glass, changes, decision, deployments, exports, history, others

api = [
    path("accounts/<str:name>/test", accounts.AccountTest.as_view(), name="api-account-test"),
    path("changes/<str:change_id>/effect", changes.ChangeEffect.as_view(), name="api-change-effect"),
    path("decision", decision.DecisionView.as_view(), name="api-decision"),
    path("deployments", deployments.DeploymentList.as_view(), name="api-deployments"),
    path("deployments/baseline", deployments.BaselineView.as_view(), name="api-baseline"),
    path("deployments/<str:deployment_id>", deployments.DeploymentDetail.as_view(), name="api-deployment"),
    path("deployments/<str:deployment_id>/cancel", deployments.CancelView.as_view(), name="api-cancel"),
    path("deployments/<str:deployment_id>/resolve", deployments.ResolveView.as_view(), name="api-resolve"),
    path("deployments/<str:deployment_id>/log", deployments.LogView.as_view(), name="api-log"),
    path("break-glass", break_glass.BreakGlassList.as_view(), name="api-break-glass"),
    path("break-glass/<str:review_id>", break_glass.BreakGlassDetail.as_view(), name="api-break-glass-one"),
    path(
        "break-glass/<str:review_id>/confirm",
        break_glass.BreakGlassConfirm.as_view(),
        name="api-break-glass-confirm",
    ),
    path(
        "break-glass/<str:review_id>/review",
        break_glass.BreakGlassReview.as_view(),
        name="api-break-glass-review",
    ),
    path("approvals/<str:approval_id>/votes", others.VotesView.as_view(), name="api-votes"),
    path("approvals/<str:approval_id>/statement", others.StatementView.as_view(), name="api-statement"),
    path("board", others.BoardView.as_view(), name="api-board"),
    path("releases/<str:application>/<str:version>", others.ReleaseDetail.as_view(), name="api-release"),
    path("releases", others.ReleaseList.as_view(), name="api-releases"),
    path(
        "releases/<str:application>/<str:version>/diff", others.ReleaseDiff.as_view(), name="api-release-diff"
    ),
    path(
        "releases/<str:application>/<str:version>/withdraw",
        others.ReleaseWithdraw.as_view(),
        name="api-release-withdraw",
    ),
    path("builds/<str:build_id>/withdraw", others.BuildWithdraw.as_view(), name="api-build-withdraw"),
    path("audit/deployments.csv", history.HistoryExport.as_view(kind="csv"), name="api-history-csv"),
    path("audit/deployments.jsonl", history.HistoryExport.as_view(kind="jsonl"), name="api-history-jsonl"),
    path("audit/deployments.xlsx", history.HistoryExport.as_view(kind="xlsx"), name="api-history-xlsx"),
    path("audit/exports", exports.ExportList.as_view(), name="api-exports"),
    path("audit/exports/<str:export_id>", exports.ExportDetail.as_view(), name="api-export"),
    path("audit/exports/<str:export_id>/file", exports.ExportFile.as_view(), name="api-export-file"),
]
pages = [
    path("break-glass/open", views.open_break_glass, name="break_glass_open"),
    path("break-glass/<str:review_id>/confirm", views.confirm, name="break_glass_confirm"),
    path("break-glass/<str:review_id>/review", views.review, name="break_glass_review"),
    path("approvals/<str:approval_id>/vote", views.vote, name="vote"),
    path("deployments/request", views.request_deployment, name="deployment_request"),
    path("deployments/<str:deployment_id>/cancel", views.cancel_deployment, name="deployment_cancel"),
    path("deployments/<str:deployment_id>/resolve", views.resolve_deployment, name="deployment_resolve"),
]
