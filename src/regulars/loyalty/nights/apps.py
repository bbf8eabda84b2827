"""Name the feature for Django."""

from django.apps import AppConfig


class NightsConfig(AppConfig):
    """The feature."""

    name = "regulars.loyalty.nights"
    label = "loyalty_nights"
    default_auto_field = "django.db.models.BigAutoField"
