"""The people of the staff: who works here, who is asked to, and what each role may do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.forms import ROLE_WORDS, AccountForm, InvitationForm
from regulars.faces.console.permission import needs
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.staff import services
from regulars.staff.contracts import Account, Role
from regulars.staff.permissions import PERMISSIONS
from regulars.staff.queries import list_accounts, list_open_invitations


@needs("staff.read")
@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """Show who works here, and what each role may do."""
    return _page(request)


@needs("staff.manage")
@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Ask somebody to join; the link is in the answer, and nowhere else."""
    form = InvitationForm(request.POST)
    if form.is_valid():
        who = acting(request)
        try:
            made = services.invite(
                email=form.cleaned_data["email"], role=Role(form.cleaned_data["role"]), now=who.now, actor=who.actor
            )
        except DomainError as error:
            form.refuse(error)
        else:
            link = request.build_absolute_uri(reverse("console:join", args=[made.secret]))
            return _page(request, made=made.invitation, link=link)
    return _page(request, status=422, invitation_form=form, asked=True)


@needs("staff.manage")
@require_POST
def withdraw(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Let an invitation be good no longer."""
    who = acting(request)
    invitation = services.withdraw_invitation(invitation_id=invitation_id, now=who.now, actor=who.actor)
    messages.success(request, gettext("The invitation of {email} is withdrawn.").format(email=invitation.email))
    return redirect("console:team")


@needs("staff.manage")
@require_POST
def change(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Give somebody another role, or let somebody in no longer."""
    form = AccountForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Choose one of the roles. Nothing was changed."))
        return redirect("console:team")
    who = acting(request)
    try:
        account = services.change_account(
            account_id=account_id,
            role=Role(form.cleaned_data["role"]),
            is_active=form.cleaned_data["is_active"],
            now=who.now,
            actor=who.actor,
        )
    except services.LastOwner as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("The account of {name} is changed.").format(name=account.name))
    return redirect("console:team")


def _form_of(account: Account) -> AccountForm:
    return AccountForm(initial={"role": account.role.value, "is_active": account.is_active}, prefix_ids=account.id)


def _page(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    context: dict[str, Any] = {
        "people": [(account, gettext(ROLE_WORDS[account.role]), _form_of(account)) for account in list_accounts()],
        "invitations": [
            (invitation, gettext(ROLE_WORDS[invitation.role]))
            for invitation in list_open_invitations(now=timezone.now())
        ],
        "invitation_form": InvitationForm(),
        "may_manage": request.user.has_perm("staff.manage"),
        "roles": [gettext(words) for words in ROLE_WORDS.values()],
        "permissions": [
            (name, [(gettext(words), role in allowed) for role, words in ROLE_WORDS.items()])
            for name, allowed in PERMISSIONS.items()
        ],
    }
    return render(request, "console/team.html", context | more, status=status)
