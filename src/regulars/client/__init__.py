"""A typed Python client of the API. It needs httpx, and nothing else of Regulars."""

from regulars.client.client import Client
from regulars.client.errors import ApiError, NotExported

__all__ = ["ApiError", "Client", "NotExported"]
