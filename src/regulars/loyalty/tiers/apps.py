"""Name the feature for Django."""

from django.apps import AppConfig


class TiersConfig(AppConfig):
    """The feature."""

    name = "regulars.loyalty.tiers"
    label = "loyalty_tiers"
    default_auto_field = "django.db.models.BigAutoField"
