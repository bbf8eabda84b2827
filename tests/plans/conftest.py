"""A console to ask."""

from regulars.faces.console.tests.conftest import owner

__all__ = ["owner"]
