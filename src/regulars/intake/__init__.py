"""Reading files of orders: recognise, map, treat, refuse with a reason."""

from regulars.intake.reading import Progress, read, recognise

__all__ = ["Progress", "read", "recognise"]
