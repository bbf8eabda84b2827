"""Sign in and out."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView

from regulars.faces.console.forms import SignIn
from regulars.faces.console.permission import for_everybody

sign_in = for_everybody(
    LoginView.as_view(
        template_name="console/sign_in.html", authentication_form=SignIn, redirect_authenticated_user=True
    )
)
# By POST only, so that no link or picture elsewhere can end a session.
sign_out = for_everybody(LogoutView.as_view(next_page="console:sign-in"))
