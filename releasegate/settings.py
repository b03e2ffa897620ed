"""All settings, in one file. Values from the environment through `releasegate.env`, which refuses nonsense.

Every variable is described in docs/reference/configuration.md.
"""

import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from releasegate.env import database, env_bool, env_list, env_number, env_secret, env_text

BASE_DIR = Path(__file__).resolve().parent.parent

# The mode ---------------------------------------------------------------------------------------------------
# embedded: SQLite, worker and sandbox AWS in one process, never real accounts. production: everything real.
MODE = env_text("RELEASEGATE_MODE", "embedded")
if MODE not in {"embedded", "production", "test"}:
    raise ImproperlyConfigured(f"RELEASEGATE_MODE must be embedded, production or test, not {MODE!r}.")
PRODUCTION = MODE == "production"
DATA_DIR = Path(env_text("RELEASEGATE_DATA_DIR", str(BASE_DIR / "var")))
DEMO = env_bool("RELEASEGATE_DEMO", False)  # set by `manage.py demo` alone
CLOCK_MAY_MOVE = not PRODUCTION

# The newest heading of the changelog is the version.
VERSION = re.search(r"^## \[([^\]]+)\]", (BASE_DIR / "CHANGELOG.md").read_text(), re.MULTILINE).group(1)
DEBUG = False
SECRET_KEY = env_secret("SECRET_KEY")
if SECRET_KEY is None:
    if PRODUCTION:
        raise ImproperlyConfigured("SECRET_KEY (or SECRET_KEY_FILE) is required in production.")
    SECRET_KEY = secrets.token_urlsafe(50)
PUBLIC_URL = env_text("RELEASEGATE_PUBLIC_URL", "http://localhost:8000")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL.startswith("https://") else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "lucide",
    "rest_framework",
    "drf_spectacular",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "kernel",
    "audit",
    "teams",
    "pipelines",
    "builds",
    "releases",
    "approvals",
    "deployments",
    "insights",
    "releasegate",
]

MIDDLEWARE = [
    "releasegate.middleware.csp.ContentSecurityPolicyMiddleware",
    "releasegate.middleware.request_id.RequestIdMiddleware",
    "releasegate.middleware.token_in_query.TokenInQueryMiddleware",
    "releasegate.middleware.health.HealthMiddleware",
    "releasegate.middleware.cookies.CookiesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",  # a page is public only if it says so
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "releasegate.middleware.actor.ActorMiddleware",
    "releasegate.middleware.refusals.RefusalMiddleware",
]

ROOT_URLCONF = "releasegate.urls"
WSGI_APPLICATION = "releasegate.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "insights.context.shell",
            ]
        },
    }
]

# Databases --------------------------------------------------------------------------------------------------
# Three addresses of one database. The role decides which one this process uses: the application may only
# INSERT and SELECT on the log, the owner migrates, the sealer writes leaves and checkpoints.
_URLS = {"app": env_secret("DATABASE_URL", f"sqlite:///{DATA_DIR}/releasegate.sqlite3")}
_URLS["owner"] = env_secret("DATABASE_OWNER_URL", _URLS["app"])
_URLS["sealer"] = env_secret("DATABASE_SEALER_URL", _URLS["app"])
DATABASE_ROLE = env_text("RELEASEGATE_DATABASE_ROLE", "app")
if DATABASE_ROLE not in _URLS:
    raise ImproperlyConfigured("RELEASEGATE_DATABASE_ROLE must be app, owner or sealer.")
if PRODUCTION and not _URLS[DATABASE_ROLE].startswith("postgres"):
    raise ImproperlyConfigured("Production runs on PostgreSQL: set DATABASE_URL.")
# As long as a lease: whoever takes a hanging worker's deployment over must not wait for its locks.
TRANSACTION_IDLE_SECONDS = env_number("RELEASEGATE_TRANSACTION_IDLE_SECONDS", 30, least=0.1)
# A migration that does not get its lock soon gives up, and is run again: every request to that table waits behind it.
_LIMITS = {"lock_timeout": 10, "statement_timeout": 1800} if DATABASE_ROLE == "owner" else {}
DATABASES = {"default": database(_URLS[DATABASE_ROLE], idle_seconds=TRANSACTION_IDLE_SECONDS, limits=_LIMITS)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sessions, limits and caches live in the database, so that a lost Redis loses nothing anybody notices.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "releasegate_cache"}
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "csrf"
CSRF_FAILURE_VIEW = "releasegate.errors.csrf_failure"

# Transport and headers --------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
TRUSTED_PROXIES = int(env_number("RELEASEGATE_TRUSTED_PROXIES", 0))
if env_bool("RELEASEGATE_BEHIND_TLS_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 11 * 1024 * 1024

# People -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "teams.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "inbox"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "teams.backends.AccountAdapter"
ACCOUNT_FORMS = {"login": "teams.forms.PasswordForm"}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "10/m/ip,5/5m/key"}
# Passkeys: people enrol them, sign in with them, and sign votes where a gate asks for it. No other second factor.
MFA_ADAPTER = "teams.backends.PasskeyAdapter"
MFA_FORMS = {
    "login_webauthn": "teams.forms.SignInForm",
    "authenticate_webauthn": "teams.forms.SecondFactorForm",
    "reauthenticate_webauthn": "teams.forms.AgainForm",
}
MFA_SUPPORTED_TYPES = ["webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMO or MODE == "test"  # the signature of a vote is never so lenient
PASSKEY_RP_ID = urlsplit(PUBLIC_URL).hostname  # an address is no relying party: the demo is `localhost`
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

# REST -------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "teams.authentication.TokenAuthentication",
        "teams.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["releasegate.rest.parsers.StrictJSONParser"],
    "EXCEPTION_HANDLER": "releasegate.rest.problems.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "releasegate.rest.schema.CodeSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Release Gate",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
}
RATE_LIMIT_PER_MINUTE = int(env_number("RELEASEGATE_RATE_LIMIT_PER_MINUTE", 2400, least=1))
# More rows than this are written by a worker (POST /audit/exports) instead of while somebody's client waits.
EXPORT_ROWS = int(env_number("RELEASEGATE_EXPORT_ROWS", 1_000_000, least=1))
REVIEW_WORKING_DAYS = int(env_number("RELEASEGATE_REVIEW_WORKING_DAYS", 2, least=1))  # of a break-glass
UNAUTHENTICATED_LIMIT_PER_MINUTE = int(
    env_number("RELEASEGATE_UNAUTHENTICATED_LIMIT_PER_MINUTE", 120, least=1)
)

# Time -------------------------------------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_VIEWER_ZONE = env_text("RELEASEGATE_TIME_ZONE", "UTC")
USE_I18N = False
LANGUAGE_CODE = "en"

# Static files -----------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
_COLLECTED = Path(env_text("RELEASEGATE_STATIC_ROOT", str(DATA_DIR / "static")))
STATIC_ROOT = _COLLECTED if PRODUCTION else None  # elsewhere they are served from where they lie
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
EVIDENCE_DIR = Path(env_text("RELEASEGATE_EVIDENCE_DIR", str(DATA_DIR / "evidence")))

# Workers ----------------------------------------------------------------------------------------------------
BROKER_URL = env_secret("REDIS_URL", "memory://")
if PRODUCTION and BROKER_URL == "memory://":
    raise ImproperlyConfigured("REDIS_URL is required in production.")
# Embedded, one worker does everything, so there is one queue; otherwise each pool has its own.
SINGLE_QUEUE = BROKER_URL == "memory://"
# All intervals are one scale apart from production's, so tests run the same machine fifteen times faster.
TIME_SCALE = env_number("RELEASEGATE_TIME_SCALE", 1.0, least=0.001)
LEASE_SECONDS = 30 * TIME_SCALE
LEASE_RENEW_SECONDS = 10 * TIME_SCALE
SWEEP_SECONDS = 10 * TIME_SCALE
POLL_SECONDS = (env_number("RELEASEGATE_POLL_SECONDS", 5.0) * TIME_SCALE, 60 * TIME_SCALE)
WORKER_ALIVE_SECONDS = 60 * TIME_SCALE

WEB_THREADS = int(env_number("RELEASEGATE_WEB_THREADS", 16, least=2))  # of one web process

# AWS --------------------------------------------------------------------------------------------------------
AWS_ENDPOINT_URL = env_text("RELEASEGATE_AWS_ENDPOINT_URL")  # the sandbox; None means AWS itself
AWS_REGION = env_text("RELEASEGATE_AWS_REGION", "eu-west-1")
AWS_ACCESS_KEY_ID = env_secret("RELEASEGATE_AWS_ACCESS_KEY_ID")
AWS_SECRET_ACCESS_KEY = env_secret("RELEASEGATE_AWS_SECRET_ACCESS_KEY")

# The audit log ----------------------------------------------------------------------------------------------
AUDIT_ORIGIN = env_text("RELEASEGATE_AUDIT_ORIGIN", "releasegate.local/audit")
AUDIT_SIGNING_KEY = env_secret("RELEASEGATE_AUDIT_SIGNING_KEY")  # PKCS#8 PEM; only the sealer needs it
AUDIT_VISIBLE_APPLICATIONS = "pipelines.queries.visible_application_names"  # who reads which events
SEAL_SECONDS = 1 * TIME_SCALE
HEARTBEAT_SECONDS = 300 * TIME_SCALE

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "releasegate.logs.Redact"}},
    "formatters": {"json": {"()": "releasegate.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["redact"]}},
    "root": {"handlers": ["stderr"], "level": env_text("LOG_LEVEL", "INFO" if PRODUCTION else "WARNING")},
}
