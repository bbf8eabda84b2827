"""Name the feature for Django."""

from django.apps import AppConfig


class AdjudicationConfig(AppConfig):
    """The feature."""

    name = "regulars.loyalty.adjudication"
    label = "loyalty_adjudication"
    default_auto_field = "django.db.models.BigAutoField"
