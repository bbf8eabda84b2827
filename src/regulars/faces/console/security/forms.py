"""What people fill in to come in and to keep their account safe: allauth's forms, in our look and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from regulars.faces.console import jobs
from regulars.faces.console.forms import DesignedForm, dress
from regulars.kit.i18n import LANGUAGES

PASSWORD_HELP = gettext_lazy("Ten characters or more; a sentence is a good one.")


def _reword(form: forms.BaseForm, labels: Mapping[str, Any], helps: Mapping[str, Any] | None = None) -> None:
    """Give a form our labels and look; labels stand above the fields, so that nothing needs to stand within them."""
    for name, field in form.fields.items():
        field.label = labels.get(name, field.label)
        field.help_text = (helps or {}).get(name, "")
        field.widget.attrs.pop("placeholder", None)
    dress(form)


class SignIn(account.LoginForm):  # type: ignore[misc]  # allauth is not typed.
    """Who one is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # `webauthn` lets a browser offer a passkey where one types.
        self.fields["login"].widget.attrs |= {"autofocus": True, "autocomplete": "username webauthn", "maxlength": 254}
        _reword(self, {"login": gettext_lazy("E-mail address"), "password": gettext_lazy("Password")})


class ForgottenPassword(account.ResetPasswordForm):  # type: ignore[misc]
    """Whose password is forgotten."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs |= {"autofocus": True, "autocomplete": "username", "maxlength": 254}
        _reword(self, {"email": gettext_lazy("E-mail address")})

    def save(self, request: HttpRequest, **_: Any) -> str:  # noqa: ARG002  # allauth passes it.
        """Have the link sent, if somebody has the address; a job is made in any case."""
        jobs.send_password_reset.defer(account_id=str(self.users[0].pk) if self.users else "")
        return str(self.cleaned_data["email"])


class _OneNewPassword:
    """A new password, asked for once: browsers show what was typed to who wants to see it."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        labels = {"oldpassword": gettext_lazy("Present password"), "password1": gettext_lazy("New password")}
        _reword(self, labels, {"password1": PASSWORD_HELP})  # type: ignore[arg-type]


class NewPassword(_OneNewPassword, account.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, by the link of a mail."""


class ChangePassword(_OneNewPassword, account.ChangePasswordForm):  # type: ignore[misc]
    """A new password in the place of the present one."""


class FirstPassword(_OneNewPassword, account.SetPasswordForm):  # type: ignore[misc]
    """A password for who has none, and is signed in by another service."""


class ConfirmByPassword(account.ReauthenticateForm):  # type: ignore[misc]
    """Who is there, before what matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs["autofocus"] = True
        _reword(self, {"password": gettext_lazy("Password")})


class _OneCode:
    """A code that one reads and types."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"autofocus": True, "autocapitalize": "off", "spellcheck": "false"}
        _reword(self, {"code": gettext_lazy("Code")})  # type: ignore[arg-type]


class Code(_OneCode, mfa.AuthenticateForm):  # type: ignore[misc]
    """The second factor, when signing in."""


class ConfirmByCode(_OneCode, mfa.ReauthenticateForm):  # type: ignore[misc]
    """The second factor, before what matters."""


class FirstCode(_OneCode, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an authenticator app, which proves that it has our secret."""


class NewPasskey(webauthn.AddWebAuthnForm):  # type: ignore[misc]
    """A passkey. All of ours sign in alone, so the device asks who is there."""

    passwordless = forms.BooleanField(initial=True, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["maxlength"] = 100
        _reword(self, {"name": gettext_lazy("What to call it")}, {"name": gettext_lazy("As “Mira's phone”.")})


class PasskeyName(webauthn.EditWebAuthnForm):  # type: ignore[misc]
    """What a passkey is called."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs |= {"autofocus": True, "maxlength": 100}
        _reword(self, {"name": gettext_lazy("What to call it")})


class PersonForm(DesignedForm):
    """What somebody is called, and speaks."""

    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=list(LANGUAGES.items()))


class PolicyForm(DesignedForm):
    """What holds for all of the staff."""

    second_factor_required = forms.BooleanField(
        label=gettext_lazy("Everybody needs a second factor to work here"), required=False
    )
