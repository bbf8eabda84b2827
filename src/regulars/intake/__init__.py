"""Reading files of orders: recognise, map, treat, refuse with a reason."""

from regulars.intake.reading import read, recognise

__all__ = ["read", "recognise"]
