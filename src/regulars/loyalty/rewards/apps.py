"""Name the feature for Django."""

from django.apps import AppConfig


class RewardsConfig(AppConfig):
    """The feature."""

    name = "regulars.loyalty.rewards"
    label = "loyalty_rewards"
    default_auto_field = "django.db.models.BigAutoField"
