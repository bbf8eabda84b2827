"""Name the face for Django."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The face."""

    name = "regulars.faces.api"
    label = "api"
