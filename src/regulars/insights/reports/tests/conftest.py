"""A home and a lake of its own for each test."""

from regulars.insights.tests.conftest import home

__all__ = ["home"]
