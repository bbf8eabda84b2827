"""What allauth asks us: who may come in, what is written down, how secrets are kept."""

from __future__ import annotations

import base64
import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from regulars.business.queries import get_business
from regulars.faces.console.security.sessions import begin, signed_in_seconds_ago
from regulars.faces.console.security.telling import notify, person, tell
from regulars.kit.i18n import gettext
from regulars.staff.queries import find_account_of_address
from regulars.staff.securing import change_password
from regulars.staff.services import record
from regulars.stream.contracts import system

_METHODS = "account_authentication_methods"
_WRONG_CODE = gettext_lazy("This code is not right, or is good no longer.")


def name_of(user: Any) -> str:
    """Return what somebody of the staff is called."""
    return str(user.name)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is not typed.
    """Signing in by e-mail and password."""

    error_messages = {  # noqa: RUF012  # allauth's own attribute.
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy(
            "This address and password do not belong together. Check both and try again."
        ),
        "too_many_login_attempts": gettext_lazy("That was tried too often. Wait a few minutes, then try again."),
        "rate_limited": gettext_lazy("That was tried too often. Wait a few minutes, then try again."),
        "enter_current_password": gettext_lazy("This is not your present password."),
        "incorrect_password": gettext_lazy("This is not your password."),
        "incorrect_code": _WRONG_CODE,
        "invalid_password_reset": gettext_lazy("This link is good no longer."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth passes it.
        """Let nobody make an account: an invitation does."""
        return False

    def add_message(
        self, request: HttpRequest, level: int, *_: object, message: str | None = None, **__: object
    ) -> None:
        """Show what went wrong; that something was done, our own pages say."""
        if message and level >= messages.ERROR:
            messages.add_message(request, level, message)

    def send_notification_mail(self, *_: object, **__: object) -> None:
        """Send nothing: our views tell what was done, in the transaction of what they did."""

    def set_password(self, user: Any, password: str) -> None:
        """Give an account another password, by the service of the staff."""
        with transaction.atomic():
            change_password(account_id=user.pk, password=password, now=timezone.now(), actor=person(user.pk))
            notify(user.pk, "account.password_changed")
        user.refresh_from_db()
        # Whoever guessed wrong before is not kept waiting with the new password.
        self._delete_login_attempts_cached_email(self.request, email=user.email)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  # allauth passes it.
        """Return to the page of the account."""
        return reverse("mfa_index")

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign in, and count the session's time from now."""
        super().login(request, user)
        begin(request)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Write down who has signed in, and by what."""
        steps = request.session.get(_METHODS, [])
        tell(user.pk, "account.signed_in", by=[step.get("type", step["method"]) for step in steps])
        answer: HttpResponse = super().post_login(request, user, **kwargs)
        return answer

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ARG002
        """Write down that somebody failed, with the account where there is one: that takes as long as without."""
        account = find_account_of_address(credentials.get("email", ""))
        told = account.id if account else "unknown"
        record(system("sign-in"), "account.sign_in_failed", "account", told, now=timezone.now())

    def respond_user_inactive(self, request: HttpRequest, user: object) -> HttpResponse:  # noqa: ARG002
        """Say to who knows the password that the account is locked."""
        return render(request, "console/security/locked.html", status=403)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return who calls, as the last of our own proxies saw it; what comes before it, anybody may write."""
        forwarded = request.headers.get("X-Forwarded-For", "").split(",")
        if 0 < settings.INSTALLATION.proxies <= len(forwarded):
            return forwarded[-settings.INSTALLATION.proxies].strip()
        return str(request.META.get("REMOTE_ADDR", ""))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask who is there again before what matters, unless somebody has only just signed in."""
        if signed_in_seconds_ago(self.request) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return the ways to say again who one is, in our words."""
        words = {
            "reauthenticate": gettext("By your password"),
            "mfa_reauthenticate": gettext("By a code"),
            "mfa_reauthenticate:webauthn": gettext("By a passkey"),
        }
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [method | {"description": words[method["id"]]} for method in methods]


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Codes and passkeys."""

    error_messages = {  # noqa: RUF012  # allauth's own attribute.
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _WRONG_CODE,
        "cannot_generate_recovery_codes": gettext_lazy(
            "Recovery codes stand in for a second factor; set one up first."
        ),
    }

    def encrypt(self, text: str) -> str:
        """Encrypt the secret of an authenticator app, or what recovery codes are made from."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt it. What another secret key encrypted is lost, and no code fits what takes its place."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def get_totp_issuer(self) -> str:
        """Return what an authenticator app calls us."""
        return self._get_site_name()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002  # allauth's own name.
        """Return what a passkey is called before its person says better."""
        number = user.authenticator_set.filter(type=type).count() + 1
        return gettext("Passkey {number}").format(number=number)

    def _get_site_name(self) -> str:
        return get_business().name or "Regulars"


def _cipher() -> Fernet:
    """Return what keeps secrets of second factors, by a key that comes from the installation's secret key."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"regulars second factors")
    return Fernet(base64.urlsafe_b64encode(derived.derive(settings.SECRET_KEY.encode())))
