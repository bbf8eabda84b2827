"""Name the face for Django."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The face."""

    name = "regulars.faces.console"
    label = "console"
