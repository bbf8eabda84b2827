"""Name the feature for Django."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """The feature."""

    name = "regulars.exports"
    label = "exports"
    default_auto_field = "django.db.models.BigAutoField"
