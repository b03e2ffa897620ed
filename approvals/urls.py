"""Addresses of the approvals app."""

from approvals.api import ApprovalDetail, ApprovalList
from django.urls import path

api = [
    path("approvals", ApprovalList.as_view(), name="api-approvals"),
    path("approvals/<str:approval_id>", ApprovalDetail.as_view(), name="api-approval"),
]
pages: list = []
