"""Name the feature for Django."""

from django.apps import AppConfig


class MembershipConfig(AppConfig):
    """The feature."""

    name = "regulars.loyalty.membership"
    label = "loyalty_membership"
    default_auto_field = "django.db.models.BigAutoField"
