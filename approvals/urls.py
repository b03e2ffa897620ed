"""Addresses of the approvals app."""

from django.urls import path

from approvals.api import ApprovalDetail, ApprovalList

api = [
    path("approvals", ApprovalList.as_view(), name="api-approvals"),
    path("approvals/<str:approval_id>", ApprovalDetail.as_view(), name="api-approval"),
]
pages: list = []
