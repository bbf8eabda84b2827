"""A mail server that our mails go to, and a provider that says who somebody is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pytest_django.fixtures import Settings

from regulars.kit.outside import read_mail_server, read_providers

if TYPE_CHECKING:
    from regulars.faces.console.tests.security.mailbox import Mailbox
    from regulars.faces.console.tests.security.provider import Provider


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    """A real SMTP server on loopback, named in the settings."""
    from regulars.faces.console.tests.security.mailbox import mail_server

    with mail_server() as box:
        sender = "Regulars <crm@example.com>"
        server = read_mail_server({"REGULARS_SMTP_URL": f"smtp://127.0.0.1:{box.port}", "REGULARS_MAIL_FROM": sender})
        settings.INSTALLATION = replace(settings.INSTALLATION, mail_server=server)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
        settings.DEFAULT_FROM_EMAIL = sender
        yield box


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    """A real OpenID provider on loopback, named in the settings as the environment would."""
    from regulars.config.settings import as_apps
    from regulars.faces.console.tests.security.provider import CLIENT_ID, CLIENT_SECRET, open_provider

    with open_provider() as opened:
        told = {"ISSUER": opened.issuer, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET, "NAME": "Example"}
        found = read_providers({f"REGULARS_OIDC_{name}": value for name, value in told.items()})
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": as_apps(found)}}
        yield opened
