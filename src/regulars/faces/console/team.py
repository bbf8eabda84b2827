"""The people of the staff: who works here, who is asked to, and what each role may do."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any
from uuid import UUID

import structlog
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from regulars.business.queries import get_business
from regulars.faces.console.acting import acting, person_of
from regulars.faces.console.forms import ROLE_WORDS, AccountForm, InvitationForm
from regulars.faces.console.permission import needs
from regulars.faces.console.security import mails
from regulars.faces.console.security.forms import PolicyForm
from regulars.faces.console.security.telling import notify
from regulars.faces.console.words import PERMISSION_WORDS
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.staff import securing, services
from regulars.staff.contracts import Account, Invitation, Role
from regulars.staff.permissions import PERMISSIONS
from regulars.staff.queries import list_accounts, list_open_invitations

log = structlog.get_logger("regulars.team")


@needs("staff.read")
@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """Show who works here, and what each role may do."""
    return _page(request)


@needs("staff.manage")
@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Ask somebody to join; the link is in the answer, in a mail where mails go out, and nowhere else."""
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
            link = mails.address_of(reverse("console:join", args=[made.secret]))
            sent = mails.is_set_up() and _send(made.invitation, link, inviter=person_of(request).name)
            return _page(request, made=made.invitation, link=link, sent=sent, may_send=mails.is_set_up())
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


@needs("staff.manage")
@require_POST
def policy(request: HttpRequest) -> HttpResponse:
    """Ask a second factor of everybody, or leave it to each."""
    form = PolicyForm(request.POST)
    form.full_clean()
    who = acting(request)
    securing.require_second_factor(required=form.cleaned_data["second_factor_required"], now=who.now, actor=who.actor)
    messages.success(request, gettext("Saved."))
    return redirect("console:team")


@needs("staff.manage")
@require_POST
def reset_second_factor(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Take the second factors of somebody away who has lost them, and tell that person."""
    who = acting(request)
    with transaction.atomic():
        securing.reset_second_factor(account_id=account_id, now=who.now, actor=who.actor)
        notify(account_id, "account.second_factor_reset")
    messages.success(request, gettext("The second factor is taken away; a password alone lets in again."))
    return redirect("console:team")


def _send(invitation: Invitation, link: str, *, inviter: str) -> bool:
    """Send the link, at once, since it is kept nowhere; tell whether the server took it."""
    try:
        mails.send(
            "invitation",
            to=invitation.email,
            language=get_business().language,
            inviter=inviter,
            link=link,
            until=invitation.expires_at,
        )
    except (OSError, SMTPException) as error:
        log.warning("invitation_not_sent", error=type(error).__name__)
        return False
    return True


def _form_of(account: Account) -> AccountForm:
    return AccountForm(initial={"role": account.role.value, "is_active": account.is_active}, prefix_ids=account.id)


def _page(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    secured = securing.ids_with_second_factor()
    context: dict[str, Any] = {
        "people": [
            (account, gettext(ROLE_WORDS[account.role]), _form_of(account), account.id in secured)
            for account in list_accounts()
        ],
        "policy_form": PolicyForm(initial={"second_factor_required": securing.is_second_factor_required()}),
        "invitations": [
            (invitation, gettext(ROLE_WORDS[invitation.role]))
            for invitation in list_open_invitations(now=timezone.now())
        ],
        "invitation_form": InvitationForm(),
        "may_manage": request.user.has_perm("staff.manage"),
        "roles": [gettext(words) for words in ROLE_WORDS.values()],
        "permissions": [
            (
                gettext(PERMISSION_WORDS.get(name, name)),
                name,
                [(gettext(words), role in allowed) for role, words in ROLE_WORDS.items()],
            )
            for name, allowed in PERMISSIONS.items()
        ],
    }
    return render(request, "console/team.html", context | more, status=status)
