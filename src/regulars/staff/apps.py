"""Name the feature for Django."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    """The feature."""

    name = "regulars.staff"
    label = "staff"
    default_auto_field = "django.db.models.BigAutoField"
