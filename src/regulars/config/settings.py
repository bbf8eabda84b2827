"""Django's settings, from what the environment tells of this installation."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from regulars.config.jobs import JOBS
from regulars.kit.i18n import LANGUAGES as OUR_LANGUAGES
from regulars.kit.i18n import LOCALE_DIR
from regulars.kit.installation import read_installation, unreadable_address
from regulars.kit.outside import Provider

PACKAGE = Path(__file__).parent.parent
INSTALLATION = read_installation(os.environ)

SECRET_KEY = INSTALLATION.secret_key
DEBUG = False
ALLOWED_HOSTS = list(INSTALLATION.hosts)
SECURE = INSTALLATION.url.startswith("https://")
CSRF_TRUSTED_ORIGINS = [INSTALLATION.url]

# The order of apps is the order of the house, from below.
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
    "django_htmx",
    "rules",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "regulars.stream",
    "regulars.business",
    "regulars.staff",
    "regulars.customers",
    "regulars.orders",
    "regulars.loyalty.definitions",
    "regulars.loyalty.ledger",
    "regulars.loyalty.tiers",
    "regulars.loyalty.rewards",
    "regulars.loyalty.facts",
    "regulars.loyalty.adjudication",
    "regulars.loyalty.membership",
    "regulars.loyalty.nights",
    "regulars.insights",
    "regulars.imports",
    "regulars.exports",
    "regulars.faces.api",
    "regulars.faces.console",
    "regulars.config.apps.AssemblyConfig",
]

MIDDLEWARE = [
    "regulars.faces.api.watching.WatchRequests",
    "regulars.faces.api.middleware.TellProblemsAsJson",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "regulars.faces.console.security.sessions.EndSessions",
    "django_htmx.middleware.HtmxMiddleware",
    "regulars.faces.console.language.SpeakTheirLanguage",
    "regulars.faces.console.zone.TellTheirTime",
    "regulars.faces.console.errors.TellDomainErrors",
]


def _database(alias: str) -> dict[str, Any]:
    try:
        parts = conninfo_to_dict(INSTALLATION.urls[alias])
    except ProgrammingError:
        raise unreadable_address("DATABASE_URL") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        # What else the address says (sslmode …) goes to the driver as it is.
        "OPTIONS": parts,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


def as_apps(providers: Iterable[Provider]) -> list[dict[str, Any]]:
    """Return who vouches for people as allauth wants to be told."""
    return [
        {
            "provider_id": provider.id,
            "name": provider.name,
            "client_id": provider.client_id,
            "secret": provider.client_secret,
            "settings": {"server_url": provider.issuer},
        }
        for provider in providers
    ]


# The application's login does all but change tables; that is the owner's. Conditions and analytics only read.
DATABASES = {alias: _database(alias) for alias in ("default", "owner", "readonly")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOT_URLCONF = "regulars.config.urls"
WSGI_APPLICATION = "regulars.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # The components' partials; design itself knows no Django.
        "DIRS": [PACKAGE / "design" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "regulars.faces.console.shell.shell",
            ],
        },
    }
]

PROCRASTINATE_IMPORT_PATHS = list(JOBS)
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""

LOGGING_CONFIG = "regulars.kit.logs.configure"
LOGGING = {"form": INSTALLATION.log_format, "level": INSTALLATION.log_level}

AUTH_USER_MODEL = "staff.Account"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {"user_attributes": ("email", "name")},
        "MinimumLengthValidator": {"min_length": 10},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]
LOGIN_URL = LOGOUT_REDIRECT_URL = "account_login"
LOGIN_REDIRECT_URL = "console:home"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = INSTALLATION.session_days * 24 * 3600
SESSION_IDLE_SECONDS = INSTALLATION.session_idle_minutes * 60
# A link in a mail, to set a new password by, is good for so long, and once.
PASSWORD_RESET_TIMEOUT = 2 * 3600

# How we use django-allauth: docs/decisions/0017-sign-in-by-allauth.md. Only invitations make accounts, to an address
# that its owner proves by following the link: one address for each account, and nothing to verify later.
ACCOUNT_ADAPTER = "regulars.faces.console.security.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "regulars.faces.console.security.adapters.name_of"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Ours, since allauth's writes addresses into a table of its own.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105  # A name.
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE else "http"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_FORMS = {
    "login": "regulars.faces.console.security.forms.SignIn",
    "reset_password": "regulars.faces.console.security.forms.ForgottenPassword",
    "reset_password_from_key": "regulars.faces.console.security.forms.NewPassword",
    "change_password": "regulars.faces.console.security.forms.ChangePassword",
    "set_password": "regulars.faces.console.security.forms.FirstPassword",
    "reauthenticate": "regulars.faces.console.security.forms.ConfirmByPassword",
}
MFA_ADAPTER = "regulars.faces.console.security.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "regulars.faces.console.security.forms.Code",
    "reauthenticate": "regulars.faces.console.security.forms.ConfirmByCode",
    "activate_totp": "regulars.faces.console.security.forms.FirstCode",
    "add_webauthn": "regulars.faces.console.security.forms.NewPasskey",
    "edit_webauthn": "regulars.faces.console.security.forms.PasskeyName",
}
SOCIALACCOUNT_ADAPTER = "regulars.faces.console.security.single_sign_on.ProviderAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": as_apps(INSTALLATION.providers)}}

# What is counted and remembered for a moment (wrong passwords, codes that were used) counts for all processes.
CACHES = {"default": {"BACKEND": "regulars.faces.console.security.remembering.PostgresCache"}}

if INSTALLATION.mail_server:
    EMAIL_HOST, EMAIL_PORT = INSTALLATION.mail_server.host, INSTALLATION.mail_server.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = INSTALLATION.mail_server.login, INSTALLATION.mail_server.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = INSTALLATION.mail_server.starts_tls, INSTALLATION.mail_server.is_tls
    DEFAULT_FROM_EMAIL = SERVER_EMAIL = INSTALLATION.mail_server.sender
    EMAIL_TIMEOUT = 20
else:
    # Whoever would send a mail asks first; one that does not is told, and no mail is lost unseen.
    EMAIL_BACKEND = "regulars.faces.console.security.mails.NoMailServer"

LANGUAGE_CODE = "en"
LANGUAGES = list(OUR_LANGUAGES.items())
LOCALE_PATHS = [LOCALE_DIR]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [PACKAGE / "design" / "static"]
# The built files are served from where they were built. Their addresses carry their content's hash.
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 365 * 24 * 3600

# Nothing in a page but what we serve: no script or style within a page, nothing from elsewhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        # The style sheet carries its fonts and small pictures in itself.
        "font-src": ["'self'", "data:"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
        "report-uri": ["/policy-report"],
    }
}
CSRF_FAILURE_VIEW = "regulars.faces.console.errors.stale_form"

SILENCED_SYSTEM_CHECKS: list[str] = []

# What a key may call in a minute, how long a write waits for another, and how large a body may be.
API_CALLS_PER_MINUTE = INSTALLATION.api_calls_per_minute
API_LOCK_SECONDS = INSTALLATION.api_lock_seconds
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20
# No page takes files but the one that asks for them, which sets a bound of its own.
FILE_UPLOAD_HANDLERS = ["regulars.faces.console.importing.uploads.NoFiles"]
