"""What may be done with an account, as a mail tells its person of it."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.kit.i18n import mark

NOTICES: Mapping[str, str] = {
    "account.password_changed": mark("The password of your account was changed."),
    "account.second_factor_added": mark("An authenticator app was added to your account."),
    "account.second_factor_removed": mark("The authenticator app was removed from your account."),
    "account.passkey_added": mark("A passkey was added to your account."),
    "account.passkey_removed": mark("A passkey was removed from your account."),
    "account.recovery_codes_made": mark(
        "New recovery codes were made for your account; the old ones are good no longer."
    ),
    "account.provider_linked": mark("Your account can now be signed in to by another service."),
    "account.second_factor_reset": mark("All second factors were taken away from your account."),
}
