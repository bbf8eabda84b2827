"""The addresses of sign-in and security. The names are allauth's, by which its views lead to each other.

Only what we use is here: nothing of allauth's own list, so that no page of it is reached that nobody has looked at.
"""

from __future__ import annotations

from django.urls import path, re_path

from regulars.faces.console.security import account_page, factors, signing_in, single_sign_on

urlpatterns = [
    path("sign-in", signing_in.sign_in, name="account_login"),
    path("sign-in/second-factor", signing_in.second_factor, name="mfa_authenticate"),
    path("sign-in/passkey", signing_in.passkey, name="mfa_login_webauthn"),
    # By a link: browsers would stop a form that ends at another site, for our policy says that forms end here.
    path("oidc/<str:provider_id>/", single_sign_on.go, name="openid_connect_login"),
    path("oidc/<str:provider_id>/callback", single_sign_on.come_back, name="openid_connect_callback"),
    path("sign-out", signing_in.sign_out, name="account_logout"),
    path("password/forgotten", signing_in.forgotten, name="account_reset_password"),
    path("password/sent", signing_in.link_sent, name="account_reset_password_done"),
    re_path(
        r"^password/set/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)$",
        signing_in.set_password,
        name="account_reset_password_from_key",
    ),
    path("password/done", signing_in.password_set, name="account_reset_password_from_key_done"),
    path("account", account_page.page, name="mfa_index"),
    path("account/person", account_page.save, name="account_person"),
    path("account/export", account_page.export, name="account_export"),
    path("account/other-sessions", account_page.other_sessions, name="account_other_sessions"),
    path("account/password", account_page.change_password, name="account_change_password"),
    path("account/first-password", account_page.first_password, name="account_set_password"),
    path("account/confirm", factors.confirm_by_password, name="account_reauthenticate"),
    path("account/confirm/code", factors.confirm_by_code, name="mfa_reauthenticate"),
    path("account/confirm/passkey", factors.confirm_by_passkey, name="mfa_reauthenticate_webauthn"),
    path("account/app/add", factors.add_app, name="mfa_activate_totp"),
    path("account/app/remove", factors.remove_app, name="mfa_deactivate_totp"),
    path("account/recovery-codes", factors.show_codes, name="mfa_view_recovery_codes"),
    path("account/recovery-codes/make", factors.make_codes, name="mfa_generate_recovery_codes"),
    path("account/passkeys/add", factors.add_passkey, name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/rename", factors.rename_passkey, name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/remove", factors.remove_passkey, name="mfa_remove_webauthn"),
]
