"""Name the feature for Django."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """The feature."""

    name = "regulars.insights"
    label = "insights"
    default_auto_field = "django.db.models.BigAutoField"
