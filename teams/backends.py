"""Sign-in by username or e-mail: nobody signs up, everybody's attempts are on record and limited."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from kernel.address import client_address
from teams.actions.record_signin import record_signin
from teams.models import Person

NOT_RIGHT = "The username or e-mail, or the password, is not right."


class AccountAdapter(DefaultAccountAdapter):
    """allauth's hooks, ours where the default is not strict enough. The limits are ACCOUNT_RATE_LIMITS."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": NOT_RIGHT,
        "email_password_mismatch": NOT_RIGHT,
        "too_many_login_attempts": "Too many attempts failed. Wait five minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People are created by administrators only."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Only paths of this very host are followed after signing in, not every allowed host."""
        host = self.request.get_host() if self.request else None
        secure = self.request.is_secure() if self.request else False
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={host} if host else set(), require_https=secure
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that the limits count by: the same as in the audit log."""
        return client_address(request) or "unknown"

    def authenticate(self, request: HttpRequest, **credentials):
        """The person, or None with a `signin.failed` event. A person without access is told what a stranger
        is told, so that nobody learns from the page which accounts exist."""
        person = super().authenticate(request, **credentials)
        if person is not None and not person.is_active:
            self._record(request, person=person, refused="person_inactive")
            return None
        return person

    def authentication_failed(self, request: HttpRequest, **credentials) -> None:
        """Called by allauth for a wrong name or password."""
        login = credentials.get("email") or credentials.get("username") or ""
        field = "email" if "@" in login else "username"
        person = Person.objects.filter(**{field: login.lower()}).first()
        self._record(request, person=person, refused="credentials_invalid")

    def login(self, request: HttpRequest, user: Person) -> None:
        """The event comes first: if it cannot be written, nobody is signed in."""
        self._record(request, person=user, refused=None)
        super().login(request, user)

    def _record(self, request, *, person: Person | None, refused: str | None) -> None:
        record_signin(
            person=person,
            refused=refused,
            ip=client_address(request),
            request_id=getattr(request, "request_id", None),
        )


class PasskeyAdapter(DefaultMFAAdapter):
    """Passkeys are made for our public address, not for whatever host a request names."""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": settings.PASSKEY_RP_ID, "name": "Release Gate"}

    def generate_authenticator_name(self, user: Person, type) -> str:
        return "Passkey"

    def send_notification_mail(self, *args, **kwargs) -> None:
        """No e-mail is sent here; the audit log has the event."""
