"""Account and security: what somebody is called, and all that keeps the account safe."""

from __future__ import annotations

from typing import Any

from allauth.account import views as account
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import acting, person_of
from regulars.faces.console.permission import for_staff
from regulars.faces.console.security.forms import PersonForm
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.staff.securing import end_sessions, export_account, is_second_factor_required
from regulars.staff.services import change_account


def _page(request: HttpRequest, *, form: PersonForm | None = None, status: int = 200) -> HttpResponse:
    user = person_of(request)
    held = list(Authenticator.objects.filter(user_id=user.pk).order_by("id"))
    kinds = {each.type: each for each in held}
    codes = kinds.get(Authenticator.Type.RECOVERY_CODES)
    providers = [
        (_name_of(each), each.date_joined) for each in SocialAccount.objects.filter(user_id=user.pk).order_by("id")
    ]
    passkeys = [(each, each.wrap().name) for each in held if each.type == Authenticator.Type.WEBAUTHN]
    app = kinds.get(Authenticator.Type.TOTP)
    context = {
        "form": form or PersonForm(initial={"name": user.name, "language": user.language}),
        "has_password": user.has_usable_password(),
        "app": app,
        "passkeys": passkeys,
        "codes": codes,
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "providers": providers,
        "must_set_up": is_second_factor_required() and not (app or passkeys),
    }
    return render(request, "console/security/account.html", context, status=status)


def _name_of(linked: SocialAccount) -> str:
    """Return what a provider is called; one that is named in the settings no longer, by its id."""
    try:
        return str(linked.get_provider().name)
    except SocialApp.DoesNotExist:
        return str(linked.provider)


@require_safe
def account_page(request: HttpRequest) -> HttpResponse:
    """Show one's own account."""
    return _page(request)


@require_POST
def save_person(request: HttpRequest) -> HttpResponse:
    """Change one's name or language."""
    form = PersonForm(request.POST)
    if form.is_valid():
        who = acting(request)
        try:
            change_account(account_id=person_of(request).pk, now=who.now, actor=who.actor, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, gettext("Saved."))
            return redirect("mfa_index")
    return _page(request, form=form, status=422)


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    who = acting(request)
    end_sessions(account_id=person_of(request).pk, now=who.now, actor=who.actor)
    person = person_of(request)
    person.refresh_from_db()
    update_session_auth_hash(request, person)
    messages.success(request, gettext("You are signed out everywhere but here."))
    return redirect("mfa_index")


@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """Hand over what is held of oneself."""
    answer = JsonResponse(export_account(person_of(request).pk), json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = 'attachment; filename="account.json"'
    return answer


class ChangePassword(account.PasswordChangeView):  # type: ignore[misc]  # allauth is not typed.
    """Set another password; all other sessions end."""

    template_name = "console/security/change_password.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Say what was done."""
        answer: HttpResponse = super().form_valid(form)
        words = gettext("Your password is changed; you are signed out everywhere but here.")
        messages.success(self.request, words)
        return answer


class FirstPassword(account.PasswordSetView):  # type: ignore[misc]
    """Set a password where there is none."""

    template_name = "console/security/change_password.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Say what was done."""
        answer: HttpResponse = super().form_valid(form)
        messages.success(self.request, gettext("Your password is set."))
        return answer


page = for_staff(account_page, sets_up=True)
save = for_staff(save_person, sets_up=True)
other_sessions = for_staff(end_other_sessions, sets_up=True)
export = for_staff(download)
change_password = for_staff(ChangePassword.as_view(), sets_up=True)
first_password = for_staff(FirstPassword.as_view(), sets_up=True)
