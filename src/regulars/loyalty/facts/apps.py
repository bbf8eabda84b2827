"""Name the feature for Django."""

from django.apps import AppConfig


class FactsConfig(AppConfig):
    """The feature."""

    name = "regulars.loyalty.facts"
    label = "loyalty_facts"
    default_auto_field = "django.db.models.BigAutoField"
