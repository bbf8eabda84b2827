"""The client."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self, cast

import httpx

from regulars.client.business import Business
from regulars.client.calling import Caller, Sleep
from regulars.client.customers import Customers, Merges, Traits
from regulars.client.events import Events
from regulars.client.exports import Exports
from regulars.client.facts import Conditions, Facts
from regulars.client.imports import Imports
from regulars.client.insights import Insights
from regulars.client.loyalty import Loyalty
from regulars.client.orders import Orders
from regulars.client.products import Products
from regulars.client.reports import Reports
from regulars.client.shapes import ApiKey, Subscription
from regulars.client.staff import ApiKeys, Audit, Staff
from regulars.client.stream import DeadLetters


class Client:
    """Talks with the Regulars at `url` with an API key. Use it in a `with` block, or close it."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        attempts: int = 4,
        timeout_seconds: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._http = httpx.Client(
            base_url=f"{url.rstrip('/')}/v1/",
            headers={"Authorization": f"Bearer {key}", "User-Agent": "regulars-client"},
            timeout=timeout_seconds,
            transport=transport,
        )
        self._caller = Caller(self._http, attempts=attempts, sleep=sleep)
        self.customers = Customers(self._caller)
        self.facts = Facts(self._caller)
        self.conditions = Conditions(self._caller)
        self.insights = Insights(self._caller)
        self.reports = Reports(self._caller)
        self.traits = Traits(self._caller)
        self.merges = Merges(self._caller)
        self.orders = Orders(self._caller)
        self.loyalty = Loyalty(self._caller)
        self.products = Products(self._caller)
        self.events = Events(self._caller)
        self.imports = Imports(self._caller)
        self.exports = Exports(self._caller)
        self.business = Business(self._caller)
        self.staff = Staff(self._caller)
        self.api_keys = ApiKeys(self._caller)
        self.audit = Audit(self._caller)
        self.dead_letters = DeadLetters(self._caller)

    def me(self) -> ApiKey:
        """Return the key that calls: its name and scopes."""
        return cast("ApiKey", self._caller.get("me"))

    def subscriptions(self) -> list[Subscription]:
        """Return who is told of which events, and how far each has come."""
        return cast("list[Subscription]", self._caller.get("subscriptions")["items"])

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
