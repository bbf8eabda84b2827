"""Name the feature for Django."""

from django.apps import AppConfig


class DefinitionsConfig(AppConfig):
    """The feature."""

    name = "regulars.loyalty.definitions"
    label = "loyalty_definitions"
    default_auto_field = "django.db.models.BigAutoField"
