"""Sign in and out, by password, code or passkey; and set a new password where the old one is forgotten."""

from __future__ import annotations

from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount.adapter import get_adapter as get_provider_adapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from regulars.faces.console.permission import for_everybody
from regulars.faces.console.security import mails
from regulars.faces.console.security.options import as_json, knows_passkeys
from regulars.staff.services import record
from regulars.stream.contracts import system


class SignIn(account.LoginView):  # type: ignore[misc]  # allauth is not typed.
    """Ask for address and password, and offer the other ways in."""

    template_name = "console/security/sign_in.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add who vouches for people, and whether a passkey can be asked for."""
        providers = get_provider_adapter().list_providers(self.request)
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"providers": providers, "knows_passkeys": knows_passkeys(self.request)}


class SecondFactor(mfa.AuthenticateView):  # type: ignore[misc]
    """Ask who has given the right password for the second factor."""

    template_name = "console/security/second_factor.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        """Write down that the second factor was wrong: somebody knows the password."""
        told = self.stage.login.user.pk
        record(system("sign-in"), "account.second_factor_failed", "account", told, now=timezone.now())
        answer: HttpResponse = super().form_invalid(form)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what a browser asks a passkey for, and only where there is one."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        has_passkey = self.stage.login.user.authenticator_set.filter(type="webauthn").exists()
        has_code = self.stage.login.user.authenticator_set.exclude(type="webauthn").exists()
        options = as_json(context.get("js_data", {}).get("request_options"))
        return context | {"has_passkey": has_passkey, "has_code": has_code, "options": options}


class Forgotten(account.PasswordResetView):  # type: ignore[misc]
    """Ask whose password is forgotten; where no mails go out, say how it is set without."""

    template_name = "console/security/forgotten.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer."""
        if not mails.is_set_up():
            return render(request, "console/security/forgotten_without_mail.html")
        return super().dispatch(request, *args, **kwargs)


class LinkSent(account.PasswordResetDoneView):  # type: ignore[misc]
    """Say that a link is on its way, if there is such an account."""

    template_name = "console/security/link_sent.html"


class SetPassword(account.PasswordResetFromKeyView):  # type: ignore[misc]
    """Set a new password by the link of a mail."""

    template_name = "console/security/set_password.html"


class PasswordSet(account.PasswordResetFromKeyDoneView):  # type: ignore[misc]
    """Say that the password is set."""

    template_name = "console/security/password_set.html"


sign_in = for_everybody(SignIn.as_view())
second_factor = for_everybody(SecondFactor.as_view())
passkey = for_everybody(require_http_methods(["GET", "POST"])(webauthn.LoginWebAuthnView.as_view()))
# By POST only, so that no link or picture elsewhere can end a session.
sign_out = for_everybody(require_POST(account.LogoutView.as_view()))
forgotten = for_everybody(Forgotten.as_view())
link_sent = for_everybody(LinkSent.as_view())
set_password = for_everybody(SetPassword.as_view())
password_set = for_everybody(PasswordSet.as_view())
