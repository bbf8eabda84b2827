"""Mails to the people of the staff, in their language; and what is so where no server takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import timezone, translation

from regulars.business.queries import get_business
from regulars.kit import i18n
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext


class MailNotSetUp(DomainError):
    """No server takes mails."""

    code = "mail_not_set_up"


class NoMailServer(BaseEmailBackend):
    """Takes the place of a server where none is named, so that no mail is lost unseen."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:  # noqa: ARG002  # Django passes it.
        """Refuse.

        Raises
        ------
        MailNotSetUp
            Always.
        """
        raise MailNotSetUp(gettext("No mail server is named (REGULARS_SMTP_URL), so no mail can be sent."))


def is_set_up() -> bool:
    """Tell whether a server takes mails."""
    return settings.INSTALLATION.mail_server is not None


def address_of(path: str) -> str:
    """Return the address that people type for a path of ours."""
    return f"{settings.INSTALLATION.url}{path}"


def send(template: str, *, to: str, language: str, **context: Any) -> None:
    """Send `console/mails/{template}.txt`, whose first line is the subject, in a language."""
    business = get_business()
    before = i18n.language()
    i18n.activate(language)
    try:
        with translation.override(language), timezone.override(business.zone_info):
            text = render_to_string(f"console/mails/{template}.txt", context | {"business": business.name})
    finally:
        i18n.activate(before)
    subject, _, body = text.strip().partition("\n")
    EmailMessage(subject=subject, body=body.strip() + "\n", to=[to]).send()
