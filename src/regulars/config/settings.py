"""Django's settings, from what the environment tells of this installation."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from regulars.config.jobs import JOBS
from regulars.kit.i18n import LANGUAGES as OUR_LANGUAGES
from regulars.kit.i18n import LOCALE_DIR
from regulars.kit.installation import read_installation, unreadable_address

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
    "regulars.stream",
    "regulars.business",
    "regulars.staff",
    "regulars.customers",
    "regulars.orders",
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
AUTHENTICATION_BACKENDS = ["rules.permissions.ObjectPermissionBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {"user_attributes": ("email", "name")},
        "MinimumLengthValidator": {"min_length": 10},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]
LOGIN_URL = "console:sign-in"
LOGIN_REDIRECT_URL = "console:customers"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True

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
