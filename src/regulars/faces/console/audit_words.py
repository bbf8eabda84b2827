"""What the audit trail tells, in words."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.kit.i18n import gettext, mark

ACTION_WORDS: Mapping[str, str] = {
    "account.changed": mark("Changed an account"),
    "account.created": mark("Made an account"),
    "account.passkey_added": mark("Added a passkey"),
    "account.passkey_removed": mark("Removed a passkey"),
    "account.password_changed": mark("Changed the password"),
    "account.provider_linked": mark("Let another service sign in"),
    "account.recovery_codes_made": mark("Made new recovery codes"),
    "account.second_factor_added": mark("Added an authenticator app"),
    "account.second_factor_failed": mark("Second factor was wrong"),
    "account.second_factor_removed": mark("Removed the authenticator app"),
    "account.second_factor_reset": mark("Took all second factors away"),
    "account.sessions_ended": mark("Ended all sessions"),
    "account.sign_in_failed": mark("Sign-in failed"),
    "account.signed_in": mark("Signed in"),
    "api_key.created": mark("Made an API key"),
    "api_key.revoked": mark("Revoked an API key"),
    "business.changed": mark("Changed the business"),
    "customer.added": mark("Added a customer"),
    "customer.changed": mark("Changed a customer"),
    "customer.identifier_added": mark("Gave a customer an identifier"),
    "customer.merged": mark("Merged two customers"),
    "customer.unmerged": mark("Undid a merge"),
    "customer.viewed": mark("Looked at a customer"),
    "customers.exported": mark("Took a list of customers out"),
    "dead_letter.retried": mark("Tried a dead letter again"),
    "export.asked": mark("Asked for an export"),
    "export.downloaded": mark("Fetched an export"),
    "export.failed": mark("An export failed"),
    "export.finished": mark("An export was written"),
    "export.removed": mark("Removed an export"),
    "import.cancelled": mark("Cancelled an import"),
    "import.checked": mark("Tried an import out"),
    "import.failed": mark("An import failed"),
    "import.finished": mark("An import ended"),
    "import.mapped": mark("Said what a file's columns mean"),
    "import.received": mark("Sent a file in"),
    "import.refused_rows_read": mark("Read the refused rows of an import"),
    "import.started": mark("Started an import"),
    "insights.run_failed": mark("Scoring the customers failed"),
    "insights.run_requested": mark("Had the customers scored"),
    "insights.run_succeeded": mark("The customers were scored"),
    "insights.target_set": mark("Set what a metric is wanted to be"),
    "invitation.accepted": mark("Accepted an invitation"),
    "invitation.created": mark("Invited somebody"),
    "invitation.withdrawn": mark("Withdrew an invitation"),
    "note.added": mark("Wrote a note on a customer"),
    "note.changed": mark("Changed a note on a customer"),
    "note.removed": mark("Removed a note on a customer"),
    "order.viewed": mark("Looked at an order"),
    "products.put": mark("Changed products"),
    "rates.changed": mark("Changed exchange rates"),
    "report.downloaded": mark("Fetched a report"),
    "report.failed": mark("A report could not be made"),
    "report.made": mark("A report was made"),
    "report.opened": mark("Looked at a report"),
    "report.people_forgotten": mark("Took somebody out of a report"),
    "report.removed": mark("Removed a report"),
    "report.requested": mark("Asked for a report"),
    "report_schedule.paused": mark("Let a report rest"),
    "report_schedule.removed": mark("Removed a schedule of reports"),
    "report_schedule.resumed": mark("Let a report go on"),
    "report_schedule.saved": mark("Saved a schedule of reports"),
    "shop.changed": mark("Changed a shop"),
    "shop.opened": mark("Opened a shop"),
    "staff.policy_changed": mark("Changed what is asked of everybody"),
    "trait.saved": mark("Saved a trait"),
    "view.removed": mark("Removed a view"),
    "view.saved": mark("Saved a view"),
}
OBJECT_WORDS: Mapping[str, str] = {
    "account": mark("Account"),
    "api_key": mark("API key"),
    "business": mark("Business"),
    "customer": mark("Customer"),
    "dead_letter": mark("Dead letter"),
    "export": mark("Export"),
    "import": mark("Imported file"),
    "insights_run": mark("Scoring"),
    "insights_target": mark("Target"),
    "invitation": mark("Invitation"),
    "order": mark("Order"),
    "rates": mark("Exchange rates"),
    "report": mark("Report"),
    "report_schedule": mark("Schedule of reports"),
    "shop": mark("Shop"),
    "source": mark("Source"),
    "staff": mark("Team"),
    "trait": mark("Trait"),
    "list": mark("List"),
    "view": mark("View"),
}


def action_in_words(action: str) -> str:
    """Return an action as one says it; one that nobody has put into words is told by its code."""
    return gettext(ACTION_WORDS[action]) if action in ACTION_WORDS else action


def object_in_words(kind: str) -> str:
    """Return a kind of object as one says it, or its code."""
    return gettext(OBJECT_WORDS[kind]) if kind in OBJECT_WORDS else kind
