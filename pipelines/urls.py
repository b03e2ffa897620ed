"""Paths of the app: `api` below /api/v1/, `pages` below /."""

from django.urls import path

from pipelines import api as views
from pipelines import calendar_api as calendar
from pipelines import changes_api as changes
from pipelines import delegation_api as delegations
from pipelines import membership_api as membership
from pipelines import views as forms

api = [
    path("accounts", views.Accounts.as_view(), name="api-accounts"),
    path("accounts/<str:name>", views.OneAccount.as_view(), name="api-account"),
    path("changes", changes.Changes.as_view(), name="api-changes"),
    path("changes/<str:change_id>", changes.OneChange.as_view(), name="api-change"),
    path("changes/<str:change_id>/confirm", changes.Confirm.as_view(), name="api-change-confirm"),
    path("changes/<str:change_id>/reject", changes.Reject.as_view(), name="api-change-reject"),
    path("delegations", delegations.Delegations.as_view(), name="api-delegations"),
    path("delegations/<str:delegation_id>", delegations.OneDelegation.as_view(), name="api-delegation"),
    path("environments", views.Environments.as_view(), name="api-environments"),
    path("environments/<str:name>", views.OneEnvironment.as_view(), name="api-environment"),
    path("environments/<str:name>/next-opening", calendar.NextOpening.as_view(), name="api-next-opening"),
    path("freezes", calendar.Freezes.as_view(), name="api-freezes"),
    path("freezes/<str:key>", calendar.OneFreeze.as_view(), name="api-freeze"),
    path("groups/<str:name>/members", membership.GroupMembers.as_view(), name="api-group-members"),
    path("people", membership.People.as_view(), name="api-people"),
    path("people/<str:username>/deactivate", membership.Access.as_view(), name="api-deactivate"),
    path("people/<str:username>/reactivate", membership.Access.as_view(active=True), name="api-reactivate"),
    path("pipelines/<str:application>", views.Pipeline.as_view(), name="api-pipeline"),
    path("people/<str:username>/roles", membership.PersonRoles.as_view(), name="api-person-roles"),
    path(
        "pipelines/<str:application>/diff",
        views.PipelineDifference.as_view(),
        name="api-pipeline-difference",
    ),
    path(
        "pipelines/<str:application>/validate",
        views.PipelineValidation.as_view(),
        name="api-pipeline-validation",
    ),
    path("windows", calendar.Windows.as_view(), name="api-windows"),
    path("windows/<str:key>", calendar.OneWindow.as_view(), name="api-window"),
]
pages = [
    path("delegations/make", forms.make_delegation, name="delegation_make"),
    path("delegations/<str:delegation_id>/end", forms.end_one, name="delegation_end"),
    path("changes/<str:change_id>/confirm", forms.confirm, name="change_confirm"),
    path("changes/<str:change_id>/reject", forms.reject, name="change_reject"),
]
