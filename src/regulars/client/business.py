"""The business."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from regulars.client import shapes
from regulars.client.resource import Resource, key_of


class Business(Resource):
    """The business, its shops and rates."""

    def get(self) -> shapes.BusinessSettings:
        """Return the business."""
        return cast("shapes.BusinessSettings", self._caller.get("business"))

    def change(self, *, idempotency_key: str | None = None, **settings: str) -> shapes.BusinessSettings:
        """Change settings, as `name="Corner Café"`."""
        answer = self._caller.write("PATCH", "business", settings, idempotency_key=idempotency_key)
        return cast("shapes.BusinessSettings", answer)

    def shops(self) -> list[shapes.Shop]:
        """Return the shops by name."""
        return cast("list[shapes.Shop]", self._caller.get("shops")["items"])

    def put_shop(
        self,
        code: str,
        *,
        name: str,
        zone: str,
        closed_on: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Shop:
        """Open a shop, rename it, or close it."""
        body = {"name": name, "zone": zone, "closed_on": closed_on}
        answer = self._caller.write("PUT", f"shops/{key_of(code)}", body, idempotency_key=idempotency_key)
        return cast("shapes.Shop", answer)

    def rates(self, currency: str | None = None) -> list[shapes.Rate]:
        """Return the exchange rates."""
        return cast("list[shapes.Rate]", self._caller.get("rates", {"currency": currency})["items"])

    def put_rates(self, rates: Sequence[shapes.Rate], *, idempotency_key: str | None = None) -> list[shapes.RatePut]:
        """Keep up to 500 exchange rates; return what became of each."""
        answer = self._caller.write("PUT", "rates", {"rates": list(rates)}, idempotency_key=idempotency_key)
        return cast("list[shapes.RatePut]", answer["items"])
