"""Sign in by another service (OpenID Connect): it says who somebody is, we say whether that somebody works here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from requests import RequestException

from regulars.faces.console.permission import for_everybody
from regulars.faces.console.security.telling import tell
from regulars.kit.i18n import language
from regulars.staff.contracts import Account
from regulars.staff.queries import find_account_of_address
from regulars.staff.services import NoSuchInvitation, accept_invitation_of_address, record
from regulars.stream.contracts import system

log = structlog.get_logger("regulars.single_sign_on")
# What a provider that is not there, or not what it should be, makes of a call.
_FAILURES = (RequestException, OAuth2Error, KeyError, ValueError)


class OpenIDConnect(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth is not typed.
    """Trusts what a provider has signed, and nothing else."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself; it must be the one that was meant."""
        told: dict[str, Any] = super().openid_config
        meant = self.get_provider().app.settings["server_url"]
        if str(told.get("issuer", "")).rstrip("/") != meant:
            raise OAuth2Error("another issuer")
        return told

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> Any:
        """Return the tokens. allauth need not verify what comes by TLS; we do, a proxy may stand between."""
        tokens = super().get_access_token_data(*args, **kwargs)
        if not tokens.get("id_token"):
            raise OAuth2Error("no identity")
        self.did_fetch_access_token = False
        return tokens

    def complete_login(self, *args: Any, **kwargs: Any) -> Any:
        """Return who signs in; what two answers say must be of one person."""
        login = super().complete_login(*args, **kwargs)
        told = login.account.extra_data
        if told.get("userinfo", told["id_token"]).get("sub") != told["id_token"]["sub"]:
            raise OAuth2Error("two subjects")
        return login


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Lets in who has an account, or is asked to join; nobody else gets one."""

    def is_open_for_signup(self, *_: object) -> bool:
        """Let nobody make an account: an invitation does."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find whose account it is, by who was linked before, or by an address that the provider has verified."""
        told = sociallogin.account.extra_data
        # Who it is, is all that we keep: the rest is the provider's.
        sociallogin.account.extra_data = {}
        if sociallogin.is_existing:
            sociallogin.account.save(update_fields=["extra_data"])
            return
        address = _verified_address(told)
        account = _account_of(address, told) if address else None
        if account is None:
            record(system("sign-in"), "account.sign_in_failed", "account", "unknown", now=timezone.now())
            raise ImmediateHttpResponse(_not_known(request, sociallogin, verified=bool(address)))
        with transaction.atomic():
            sociallogin.connect(request, get_user_model().objects.get(pk=account.id))
            tell(account.id, "account.provider_linked", provider=sociallogin.account.provider)

    def on_authentication_error(self, request: HttpRequest, provider: Any, **kwargs: Any) -> None:
        """Say that it did not work, or that it was cancelled there."""
        exception = kwargs.get("exception")
        raise ImmediateHttpResponse(failed(request, provider, exception))


def failed(request: HttpRequest, provider: Any, exception: Exception | None) -> HttpResponse:
    """Show that somebody could not be signed in; what the provider said is for the log, by its kind alone."""
    log.warning("sign_in_by_provider_failed", error=type(exception).__name__, provider=provider.app.provider_id)
    return render(request, "console/security/provider_failed.html", {"provider": provider}, status=401)


def _verified_address(told: dict[str, Any]) -> str:
    """Return the address, where the provider says that it is verified; some say so in words."""
    said = told.get("userinfo") or told.get("id_token") or {}
    return str(said.get("email", "")) if said.get("email_verified") in {True, "true"} else ""


def _account_of(address: str, told: dict[str, Any]) -> Account | None:
    """Return the account of an address; who is asked to join, joins."""
    account = find_account_of_address(address)
    if account is not None:
        return account
    said = told.get("userinfo") or told.get("id_token") or {}
    name = str(said.get("name") or address.partition("@")[0])[:200]
    try:
        return accept_invitation_of_address(email=address, name=name, language=language(), now=timezone.now())
    except NoSuchInvitation:
        return None


def _not_known(request: HttpRequest, sociallogin: Any, *, verified: bool) -> HttpResponse:
    context = {"provider": sociallogin.provider, "verified": verified}
    return render(request, "console/security/not_known.html", context, status=403)


def _guarded(view: Callable[[HttpRequest, OpenIDConnect], HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer for a provider that there is; say so where it cannot be reached or does not behave."""

    def guarded(request: HttpRequest, provider_id: str) -> HttpResponse:
        adapter = OpenIDConnect(request, provider_id)
        try:
            provider = adapter.get_provider()
        except SocialApp.DoesNotExist:
            raise Http404 from None
        try:
            return view(request, adapter)
        except _FAILURES as error:
            return failed(request, provider, error)

    return for_everybody(require_safe(guarded))  # type: ignore[return-value]  # It answers as the view does.


@_guarded
def go(request: HttpRequest, adapter: OpenIDConnect) -> HttpResponse:
    """Lead to the provider, to sign in: what is asked for in the address cannot make it do anything else."""
    provider = adapter.get_provider()
    provider.oauth2_adapter_class = OpenIDConnect
    answer: HttpResponse = provider.redirect(request, AuthProcess.LOGIN, next_url=get_next_redirect_url(request))
    return answer


@_guarded
def come_back(request: HttpRequest, adapter: OpenIDConnect) -> HttpResponse:
    """Take what the provider says."""
    answer: HttpResponse = OAuth2CallbackView.adapter_view(adapter)(request)
    return answer
