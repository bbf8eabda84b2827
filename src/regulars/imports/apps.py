"""Name the feature for Django."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """The feature."""

    name = "regulars.imports"
    label = "imports"
    default_auto_field = "django.db.models.BigAutoField"
