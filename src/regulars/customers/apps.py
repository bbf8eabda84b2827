"""Name the feature for Django."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """The feature."""

    name = "regulars.customers"
    label = "customers"
    default_auto_field = "django.db.models.BigAutoField"
