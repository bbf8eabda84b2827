"""The business."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from regulars.client import shapes
from regulars.client.resource import Resource


class Business(Resource):
    """The business, its shops and rates."""

    def get(self) -> shapes.BusinessSettings:
        """Return the business."""
        return cast("shapes.BusinessSettings", self._caller.get("business"))

    def change(self, *, idempotency_key: str | None = None, **settings: str) -> shapes.BusinessSettings:
        """Change settings, as `name="Corner Café"`."""
        answer = self._caller.write("PATCH", "business", settings, idempotency_key=idempotency_key)
        return cast("shapes.BusinessSettings", answer)

    def shops(self) -> list[dict[str, Any]]:
        """Return the shops."""
        return cast("list[dict[str, Any]]", self._caller.get("shops")["items"])

    def rates(self, currency: str | None = None) -> list[shapes.Rate]:
        """Return the exchange rates."""
        return cast("list[shapes.Rate]", self._caller.get("rates", {"currency": currency})["items"])

    def put_rates(self, rates: Sequence[shapes.Rate], *, idempotency_key: str | None = None) -> int:
        """Keep exchange rates; return how many."""
        answer = self._caller.write("PUT", "rates", {"rates": list(rates)}, idempotency_key=idempotency_key)
        return cast("int", answer["kept"])
