"""Name the feature for Django."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The feature."""

    name = "regulars.orders"
    label = "orders"
    default_auto_field = "django.db.models.BigAutoField"
