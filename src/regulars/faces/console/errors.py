"""What went wrong, in the look of the console: what happened, that nothing was lost, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string

from regulars.customers.queries import NoSuchCustomer
from regulars.customers.services import NoSuchNote
from regulars.exports.queries import NoSuchExport
from regulars.exports.services import WithheldExport
from regulars.faces.console.permission import needed_by
from regulars.faces.console.preferences import SYSTEM, chosen_theme
from regulars.imports.queries import NoSuchImport
from regulars.insights.queries import NoSuchRun
from regulars.insights.reports.queries import NoSuchReport, NoSuchSchedule
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext, mark
from regulars.loyalty.definitions.queries import NoSuchProgram, NoSuchVersion
from regulars.loyalty.ledger.members import NoSuchMember
from regulars.loyalty.membership.queries import NoSuchAdjustment
from regulars.loyalty.rewards.generating import NoSuchBatch
from regulars.loyalty.rewards.issuing import NoSuchVoucher
from regulars.loyalty.rewards.redemptions import NoSuchRedemption, NoSuchReward
from regulars.loyalty.tiers.services import NoSuchTier
from regulars.orders.queries import NoSuchOrder, NoSuchProduct
from regulars.staff.services import NoSuchAccount, NoSuchApiKey, NoSuchInvitation
from regulars.stream.dispatch import NoSuchDeadLetter
from regulars.stream.registry import NoSuchSubscription

_NOT_THERE = (
    NoSuchCustomer,
    NoSuchNote,
    NoSuchOrder,
    NoSuchProduct,
    NoSuchImport,
    NoSuchReport,
    NoSuchRun,
    NoSuchSchedule,
    NoSuchExport,
    NoSuchAccount,
    NoSuchApiKey,
    NoSuchInvitation,
    NoSuchSubscription,
    NoSuchDeadLetter,
    NoSuchProgram,
    NoSuchVersion,
    NoSuchMember,
    NoSuchAdjustment,
    NoSuchBatch,
    NoSuchVoucher,
    NoSuchRedemption,
    NoSuchReward,
    NoSuchTier,
)
_ANOTHER_ROLE = mark("Nothing was changed. An owner can give you another role on the page Team.")


class TellDomainErrors:
    """Show a page's domain error as a page: not there is 404, withheld 403, what cannot be done 400.

    An address that is only sent to, as that of a form, leads to the page above it where somebody opens it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        response = self._get_response(request)
        match = request.resolver_match
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET" and match is not None:
            is_page = needed_by(match.func) is not None and not getattr(request, "htmx", False)
            return redirect(request.path.rpartition("/")[0] or "/") if is_page else response
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a page of the console that raised a domain error."""
        match = request.resolver_match
        if not isinstance(exception, DomainError) or match is None or needed_by(match.func) is None:
            return None
        if isinstance(exception, _NOT_THERE):
            gone = gettext("It may have been removed, or merged into another.")
            return _within(request, 404, exception.message, gone)
        if isinstance(exception, WithheldExport):
            return _within(request, 403, exception.message, gettext(_ANOTHER_ROLE))
        not_done = gettext("Nothing was changed. Go back and try it differently.")
        return _within(request, 400, exception.message, not_done)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Say that a request could not be understood."""
    return _page(
        request,
        400,
        gettext("This request could not be understood"),
        gettext("Nothing was changed. Go back, load the page anew and try again."),
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Say that one's role does not allow this."""
    return _within(
        request,
        403,
        gettext("Your role does not allow this"),
        gettext(_ANOTHER_ROLE),
    )


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Say that a form came without its token: the session ended, or another site sent it."""
    return _page(
        request,
        403,
        gettext("This form is too old to be sent"),
        gettext("Nothing was changed. Go back, load the page anew and send it again."),
    )


def too_often(request: HttpRequest) -> HttpResponse:
    """Say that somebody has tried too often."""
    return _page(
        request,
        429,
        gettext("That was tried too often"),
        gettext("Wait a few minutes, then try again."),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Say that there is no such page."""
    return _within(
        request,
        404,
        gettext("There is no such page"),
        gettext("The address may be mistyped, or the page has moved. The search finds customers by name or number."),
    )


def broken(request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours."""
    return _page(
        request,
        500,
        gettext("Something broke on our side"),
        gettext("What was saved before is safe. Try again; if it breaks again, the server's log says why."),
    )


def _within(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    """Render for whoever is signed in within what other pages show around themselves, so that the way on is there."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return _page(request, status, title, text)
    return render(request, "console/error_within.html", {"status": status, "title": title, "text": text}, status=status)


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    """Render without what other pages show around themselves: what broke may be what it asks the database for."""
    theme = chosen_theme(request)
    context = {"status": status, "title": title, "text": text, "theme": "" if theme == SYSTEM else theme}
    return HttpResponse(render_to_string("console/error.html", context), status=status)
