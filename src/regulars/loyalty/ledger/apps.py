"""Name the feature for Django."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The feature."""

    name = "regulars.loyalty.ledger"
    label = "loyalty_ledger"
    default_auto_field = "django.db.models.BigAutoField"
