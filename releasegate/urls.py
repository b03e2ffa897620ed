"""Every path but those of the health middleware: the API below /api/v1/, the pages below /."""

from allauth.account import views as account
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from approvals import urls as approvals
from audit import urls as audit
from builds import urls as builds
from deployments import urls as deployments
from insights import urls as insights
from pipelines import urls as pipelines
from releasegate import errors, views
from releases import urls as releases
from teams import urls as teams

APPS = (teams, pipelines, builds, releases, approvals, deployments, audit, insights)

urlpatterns = [
    path("api/v1/openapi.json", views.openapi, name="openapi"),
    *(path("api/v1/", include(app.api)) for app in APPS),
    re_path(r"^api/v1(/.*)?$", errors.api_not_found, name="api-unknown"),
    path("api/docs", views.api_reference, name="api-docs"),
    path("favicon.ico", views.favicon),
    path("settings/theme", views.set_theme, name="set_theme"),
    path("settings/zone", views.set_zone, name="set_zone"),
    path("sign-in", account.login, name="account_login"),
    path("sign-out", account.logout, name="account_logout"),
    path("account/again", account.reauthenticate, name="account_reauthenticate"),
    # allauth asks for these names. Administrators make people, and no e-mail is sent: nothing is there.
    path("sign-up", errors.page_not_found, {"exception": None}, name="account_signup"),
    path("password-reset", errors.page_not_found, {"exception": None}, name="account_reset_password"),
    path("inactive", errors.page_not_found, {"exception": None}, name="account_inactive"),
    *(path("", include(app.pages)) for app in APPS),
    path("", RedirectView.as_view(pattern_name="inbox"), name="start"),
]

handler400 = "releasegate.errors.bad_request"
handler403 = "releasegate.errors.permission_denied"
handler404 = "releasegate.errors.page_not_found"
handler500 = "releasegate.errors.server_error"
