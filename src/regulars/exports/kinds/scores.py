"""Scores: a row for each customer who ever bought, with what is known and expected of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from regulars.business.queries import get_business
from regulars.exports.kinds.protocol import Amount, Chosen, Column, ColumnType, Place, Settled, Value, Wanted, texts
from regulars.insights.contracts import Score
from regulars.insights.queries import count_scores, list_scores
from regulars.kit.ids import new_id

_INTEGERS = ("frequency", "expected_orders_low", "expected_orders_high", "risk_decile", "clv_decile")
_TYPES: Mapping[str, ColumnType] = {
    **dict.fromkeys(("customer_id", "run_id", "rfm_segment"), ColumnType.TEXT),
    **dict.fromkeys(("r", "f", "m", *_INTEGERS), ColumnType.INTEGER),
    **dict.fromkeys(("rfm_on", "first_on", "last_on", "next_order_expected_on"), ColumnType.DAY),
    **dict.fromkeys(("expected_orders", "risk"), ColumnType.NUMBER),
    "at_risk": ColumnType.BOOLEAN,
    "scored_at": ColumnType.MOMENT,
}
_FIELDS = tuple(Score.__dataclass_fields__)
_MINOR = "_minor"


class ScoresKind:
    """Scores by customer, as `iter_scores` tells them."""

    takes: frozenset[str] = frozenset()

    def settle(self, chosen: Chosen) -> Settled:  # noqa: ARG002  # Nothing can be chosen.
        """Settle the end, since ids grow; and the currency of what is worth something."""
        return {"until": str(new_id()), "currency": get_business().reporting_currency}

    def columns(self, settled: Settled) -> Sequence[Column]:  # noqa: ARG002  # They are always these.
        """Return the columns: those of a score, and the currency."""
        money = ColumnType.MONEY
        told = [
            Column(name.removesuffix(_MINOR), money) if name.endswith(_MINOR) else Column(name, _TYPES[name])
            for name in _FIELDS
        ]
        return [*told, *texts("currency")]

    def count(self, wanted: Wanted) -> int:
        """Return how many customers have scores."""
        return count_scores(until=UUID(wanted.settled["until"]))

    def read(self, wanted: Wanted, after: Place | None, *, limit: int) -> Sequence[Score]:
        """Return scores by customer."""
        place = UUID(str(after[0])) if after else None
        return list_scores(limit=limit, after=place, until=UUID(wanted.settled["until"]))

    def place_of(self, item: Score) -> Place:
        """Return the customer."""
        return [str(item.customer_id)]

    def rows_of(self, items: Sequence[Score], wanted: Wanted) -> Iterable[Sequence[Value]]:
        """Yield a row for each."""
        currency = wanted.settled["currency"]
        for item in items:
            yield [*(_value(name, getattr(item, name), currency) for name in _FIELDS), currency]

    def objects_of(self, items: Sequence[Score], wanted: Wanted) -> Iterable[Mapping[str, Any]]:
        """Yield scores, money in minor units."""
        for item in items:
            yield asdict(item) | {"currency": wanted.settled["currency"]}


def _value(name: str, value: Any, currency: str) -> Value:
    if isinstance(value, UUID):
        return str(value)
    if name.endswith(_MINOR) and value is not None:
        return Amount(value, currency)
    return value  # type: ignore[no-any-return]  # A field of a score is what its type says.
