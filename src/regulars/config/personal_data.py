"""What each feature holds of a person, and how every column of the database is classified: the whole list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.business import personal_data as business
from regulars.customers import personal_data as customers
from regulars.exports import personal_data as exports
from regulars.faces.api import personal_data as api
from regulars.faces.console import personal_data as console
from regulars.imports import personal_data as imports
from regulars.insights import personal_data as insights
from regulars.kit.classification import Columns, columns
from regulars.loyalty.adjudication import personal_data as loyalty_adjudication
from regulars.loyalty.definitions import personal_data as loyalty_definitions
from regulars.loyalty.facts import personal_data as loyalty_facts
from regulars.loyalty.ledger import personal_data as loyalty_ledger
from regulars.loyalty.membership import personal_data as loyalty_membership
from regulars.loyalty.nights import personal_data as loyalty_nights
from regulars.loyalty.rewards import personal_data as loyalty_rewards
from regulars.loyalty.tiers import personal_data as loyalty_tiers
from regulars.orders import personal_data as orders
from regulars.staff import personal_data as staff
from regulars.stream import personal_data as stream

FEATURES = {
    "stream": stream,
    "business": business,
    "staff": staff,
    "customers": customers,
    "orders": orders,
    "loyalty_definitions": loyalty_definitions,
    "loyalty_ledger": loyalty_ledger,
    "loyalty_tiers": loyalty_tiers,
    "loyalty_rewards": loyalty_rewards,
    "loyalty_facts": loyalty_facts,
    "loyalty_adjudication": loyalty_adjudication,
    "loyalty_membership": loyalty_membership,
    "loyalty_nights": loyalty_nights,
    "insights": insights,
    "imports": imports,
    "exports": exports,
    "api": api,
    "console": console,
}

# The tables of the libraries that we stand on.
LIBRARIES: Columns = {
    **columns("django_migrations", none="id app name applied"),
    **columns("django_content_type", none="id app_label model"),
    **columns("django_session", none="expire_date", hidden="session_key session_data"),
    **columns("auth_group", none="id name"),
    **columns("auth_group_permissions", none="id group_id permission_id"),
    **columns("auth_permission", none="id name content_type_id codename"),
    # Each account has one address, which stands with the account; these are allauth's own, and stay empty.
    **columns("account_emailaddress", none="id verified primary user_id", personal="email"),
    **columns("account_emailconfirmation", none="id created sent email_address_id", hidden="key"),
    **columns("socialaccount_socialapp", none="id provider provider_id name client_id key settings", hidden="secret"),
    **columns("socialaccount_socialtoken", none="id expires_at account_id app_id", hidden="token token_secret"),
    # Who vouches for somebody of the staff, and what was said.
    **columns(
        "socialaccount_socialaccount", none="id provider last_login date_joined user_id", personal="uid extra_data"
    ),
    # Secrets in `data` are encrypted.
    **columns("mfa_authenticator", none="id type user_id created_at last_used_at", hidden="data"),
    **columns(
        "procrastinate_jobs",
        none="id queue_name task_name priority lock queueing_lock args status scheduled_at attempts abort_requested"
        " worker_id",
    ),
    **columns("procrastinate_events", none="id job_id type at"),
    **columns("procrastinate_periodic_defers", none="id task_name defer_timestamp job_id periodic_id"),
    **columns("procrastinate_workers", none="id last_heartbeat"),
}
COLUMNS: Columns = {
    table: kinds for part in (LIBRARIES, *(each.COLUMNS for each in FEATURES.values())) for table, kinds in part.items()
}


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return all that is held of a customer, under all of its ids, by feature."""
    return {name: feature.export(customer_ids) for name, feature in FEATURES.items()}
