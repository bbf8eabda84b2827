"""Name the feature for Django."""

from django.apps import AppConfig


class BusinessConfig(AppConfig):
    """The feature."""

    name = "regulars.business"
    label = "business"
    default_auto_field = "django.db.models.BigAutoField"
