"""Name the feature for Django."""

from django.apps import AppConfig


class StreamConfig(AppConfig):
    """The stream."""

    name = "regulars.stream"
    label = "stream"
    default_auto_field = "django.db.models.BigAutoField"
