"""Accept an invitation: the one page where somebody who is not yet of the staff makes an account."""

from __future__ import annotations

from django.contrib.auth import authenticate, login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from regulars.faces.console.forms import JoinForm
from regulars.faces.console.permission import for_everybody
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext, language
from regulars.staff.queries import find_open_invitation
from regulars.staff.services import NoSuchInvitation, accept_invitation


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask for a name and a password, and sign in."""
    now = timezone.now()
    invitation = find_open_invitation(secret, now=now)
    if invitation is None:
        raise NoSuchInvitation(gettext("This invitation has ended; ask for another one."))
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name, password = form.cleaned_data["name"], form.cleaned_data["password"]
        try:
            account = accept_invitation(secret=secret, name=name, password=password, language=language(), now=now)
        except DomainError as error:
            form.refuse(error)
        else:
            login(request, authenticate(request, email=account.email, password=password))
            return redirect("console:home")
    context = {"form": form, "invitation": invitation}
    response = render(request, "console/join.html", context, status=422 if form.errors else 200)
    # The address is the secret: no page that one goes to from here is told of it.
    response["Referrer-Policy"] = "no-referrer"
    return response
