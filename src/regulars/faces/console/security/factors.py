"""Second factors of the own account: an authenticator app, recovery codes, passkeys; and saying again who one is.

Each is written down, and its notice sent, in the transaction of what is done.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from allauth.account import views as account
from allauth.mfa.base import views as base
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy

from regulars.faces.console.acting import person_of
from regulars.faces.console.permission import for_staff
from regulars.faces.console.security.options import as_json, knows_passkeys
from regulars.faces.console.security.telling import tell
from regulars.kit.i18n import gettext, mark

_PAGE = reverse_lazy("mfa_index")


class Told:
    """Does what a form asks, writes it down and says so, all or nothing."""

    action: str
    words: str
    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponse:
        """Do it."""
        with transaction.atomic():
            answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # It is a mixin.
            # Recovery codes are made with the first second factor.
            details = {"recovery_codes_made": True} if getattr(self, "did_generate_recovery_codes", False) else {}
            tell(person_of(self.request).pk, self.action, **details)
        messages.success(self.request, gettext(self.words))
        return answer


class AddApp(Told, totp.ActivateTOTPView):  # type: ignore[misc]  # allauth is not typed.
    """Show the code to scan, and take the first one of the app."""

    template_name = "console/security/add_app.html"
    action = "account.second_factor_added"
    words = mark("The authenticator app is set up.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the secret in groups of four, for who types it."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        secret = context["form"].secret
        return context | {"secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))}


class RemoveApp(Told, totp.DeactivateTOTPView):  # type: ignore[misc]
    """Remove the authenticator app."""

    template_name = "console/security/sure.html"
    action = "account.second_factor_removed"
    words = mark("The authenticator app is removed.")
    extra_context = {  # noqa: RUF012  # Django's own attribute.
        "title": mark("Remove the authenticator app?"),
        "text": mark(
            "From now on its codes are good no longer. With the last second factor the recovery codes go too."
        ),
        "sure": mark("Remove"),
    }


class MakeCodes(Told, recovery_codes.GenerateRecoveryCodesView):  # type: ignore[misc]
    """Make new recovery codes."""

    template_name = "console/security/sure.html"
    action = "account.recovery_codes_made"
    words = mark("The recovery codes are made.")
    extra_context = {  # noqa: RUF012
        "title": mark("Make new recovery codes?"),
        "text": mark("The old ones are good no longer. The new ones are shown once, on the next page."),
        "sure": mark("Make them"),
    }


class ShowCodes(recovery_codes.ViewRecoveryCodesView):  # type: ignore[misc]
    """Show the recovery codes, this once."""

    template_name = "console/security/recovery_codes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the codes as a file, which the page carries itself, so that they are asked for only once."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        lines = [gettext("Recovery codes of Regulars, each good once"), "", *context["unused_codes"], ""]
        return context | {"file": f"data:text/plain;charset=utf-8,{quote(chr(10).join(lines))}"}


class AddPasskey(Told, webauthn.AddWebAuthnView):  # type: ignore[misc]
    """Add a passkey."""

    template_name = "console/security/add_passkey.html"
    action = "account.passkey_added"
    words = mark("The passkey is added; you can sign in by it.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the browser asks the device for."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        # allauth leaves the form that came back with errors out of its context.
        form = kwargs.get("form") or context["form"]
        options = as_json(context["js_data"]["creation_options"])
        return context | {"form": form, "options": options, "knows_passkeys": knows_passkeys(self.request)}


class RenamePasskey(Told, webauthn.EditWebAuthnView):  # type: ignore[misc]
    """Call a passkey something else."""

    template_name = "console/security/rename_passkey.html"
    success_url = _PAGE
    action = "account.passkey_renamed"
    words = mark("Saved.")


class RemovePasskey(Told, webauthn.RemoveWebAuthnView):  # type: ignore[misc]
    """Remove a passkey."""

    template_name = "console/security/sure.html"
    success_url = _PAGE
    action = "account.passkey_removed"
    words = mark("The passkey is removed.")
    extra_context = {  # noqa: RUF012
        "title": mark("Remove this passkey?"),
        "text": mark("It lets nobody in any more. Remove it on the device too, so that it is offered no longer."),
        "sure": mark("Remove"),
    }


class ConfirmByPassword(account.ReauthenticateView):  # type: ignore[misc]
    """Ask for the password again, before what matters."""

    template_name = "console/security/confirm.html"


class ConfirmByCode(base.ReauthenticateView):  # type: ignore[misc]
    """Ask for a code again."""

    template_name = "console/security/confirm.html"


class ConfirmByPasskey(webauthn.ReauthenticateWebAuthnView):  # type: ignore[misc]
    """Ask for a passkey again."""

    template_name = "console/security/confirm.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the page again, with what was wrong."""
        for error in form.errors.get("credential", []):
            messages.error(self.request, error)
        return HttpResponseRedirect(self.request.get_full_path())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the browser asks the device for."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"options": as_json(context["js_data"]["request_options"])}


add_app = for_staff(AddApp.as_view(), sets_up=True)
remove_app = for_staff(RemoveApp.as_view())
make_codes = for_staff(MakeCodes.as_view(), sets_up=True)
show_codes = for_staff(ShowCodes.as_view(), sets_up=True)
add_passkey = for_staff(AddPasskey.as_view(), sets_up=True)
rename_passkey = for_staff(RenamePasskey.as_view())
remove_passkey = for_staff(RemovePasskey.as_view())
confirm_by_password = for_staff(ConfirmByPassword.as_view(), sets_up=True)
confirm_by_code = for_staff(ConfirmByCode.as_view(), sets_up=True)
confirm_by_passkey = for_staff(ConfirmByPasskey.as_view(), sets_up=True)
