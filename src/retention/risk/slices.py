"""What was known of the customers on a day, and who of them then placed no order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
from ibis.expr.types import Table
from numpy.typing import NDArray

from retention import rfm
from retention.calendar import days_between
from retention.choose import CANDIDATES
from retention.clv.customers import Customers, customers_of
from retention.clv.purchases import PurchaseModel
from retention.features import FEATURES
from retention.in_memory import SortedOrders
from retention.in_memory.people import features_at, returned_by
from retention.purchases import purchases, with_worth
from retention.reasons import RetentionError

Floats = NDArray[np.float64]

DAYS_A_WEEK = 7

_FROM_MODEL = ("expected_purchases", "probability_none")
_RANKED = {"frequency_rank": "purchases", "revenue_rank": "revenue_minor"}
_COMPUTED_HERE = (*_FROM_MODEL, *_RANKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked of a risk assessment.

    Parameters
    ----------
    cut : date
        The day for which the risk is wanted.
    known_until : date
        The last day of the history, >= `cut`. A history that goes on past the cut serves as its test.
    first_on : date
        The first day of the history.
    horizon_days : int
        Length of the horizon, > 0.
    grain : {"day", "week"}
        What counts as one purchase.
    one_row_per_order : bool
        Promise that each purchase row is an order of its own (`rfm.daily_state`).
    seed : int
        Of the sampling and shuffling.
    """

    cut: date
    known_until: date
    first_on: date
    horizon_days: int
    grain: rfm.Grain = "day"
    one_row_per_order: bool = False
    seed: int = 0

    @property
    def horizon(self) -> timedelta:
        """The horizon as a time difference."""
        return timedelta(days=self.horizon_days)

    @property
    def has_room_to_learn(self) -> bool:
        """Whether a slice to train on and one to calibrate on fit before the test, with a horizon of history first."""
        return self.test_cut - 3 * self.horizon >= self.first_on

    @property
    def test_cut(self) -> date:
        """The last cut, not after `cut`, whose horizon is wholly known."""
        return min(self.cut, self.known_until - self.horizon)


@dataclass(frozen=True, slots=True)
class Slice:
    """Customers at a cut: features as known then (columns as in `FEATURES`), and whether no order followed."""

    cut: date
    customers: pa.Array
    features: NDArray[np.float32]
    gone: NDArray[np.bool_]

    def feature(self, name: str) -> Floats:
        """Return one column as float64."""
        return self.features[:, list(FEATURES).index(name)].astype(np.float64)


def sample(size: int, most: int, seed: int) -> NDArray[np.int64]:
    """Return the places of `most` of so many, ascending; all where there are no more."""
    if size <= most:
        return np.arange(size)
    return np.sort(np.random.default_rng(seed).choice(size, most, replace=False))


def of_some(orders: Table | SortedOrders, *, known_by: date, most: int, seed: int) -> Table | SortedOrders:
    """Return all orders of at most so many customers, drawn from those of whom anything had occurred by a day."""
    if isinstance(orders, SortedOrders):
        numbers = orders.known_by(known_by)
        return orders if len(numbers) <= most else orders.among(numbers[sample(len(numbers), most, seed)])
    known = orders.filter(orders.occurred_on <= ibis.date(known_by)).select("customer").distinct()
    customers = known.order_by("customer").to_pyarrow()
    if len(customers) <= most:
        return orders
    return orders.semi_join(ibis.memtable(customers.take(sample(len(customers), most, seed))), "customer")


@dataclass(frozen=True, slots=True)
class Known:
    """Customers acquired by a cut, ascending, and what their own orders tell of each, by feature.

    `gone` tells who placed no order in the horizon after it; it is all True where nothing is known after the cut.
    """

    cut: date
    customers: pa.Array
    features: Mapping[str, Any]
    gone: NDArray[np.bool_]


def read_slice(orders: Table | SortedOrders, plan: Plan, cut: date, model_name: str) -> Slice:
    """Read the customers acquired by `cut` as they were known on that day.

    Parameters
    ----------
    orders : ibis Table or SortedOrders
        As for `Assessor`.
    plan : Plan
        Its horizon and grain are used.
    cut : date
        The day on which the slice stands.
    model_name : str
        A key of `retention.choose.CANDIDATES`: the purchase model whose expectation is a feature.

    Returns
    -------
    Slice
        Customers ascending; `gone` is all True where nothing is known after the cut.
    """
    return slice_of(read_known(orders, plan, cut), plan, model_name)


def read_known(orders: Table | SortedOrders, plan: Plan, cut: date) -> Known:
    """Read what the orders of the customers acquired by `cut` tell of each, as it was known on that day."""
    if isinstance(orders, SortedOrders):
        buyers, features = features_at(orders, cut=cut, horizon=plan.horizon)
        returned = returned_by(orders, buyers, cut=cut, until=cut + plan.horizon)
        return Known(cut, orders.customers.take(pa.array(buyers)), features, ~returned)
    table = _features_at(orders, plan, cut).order_by("customer").to_pyarrow()
    features = {name: table[name].to_numpy() for name in FEATURES if name not in _COMPUTED_HERE}
    return Known(cut, table["customer"].combine_chunks(), features, ~table["returned"].to_numpy().astype(bool))


def slice_of(known: Known, plan: Plan, model_name: str, *, model: PurchaseModel | None = None) -> Slice:
    """Add to what is known of each customer what comes of knowing all of them: ranks, and a model's expectation.

    `model` is the one that is named, where it is fitted on these customers already, with times in weeks.
    """
    features = np.empty((len(known.customers), len(FEATURES)), dtype=np.float32, order="F")
    places = {name: place for place, name in enumerate(FEATURES)}
    for name in FEATURES:
        if name not in _COMPUTED_HERE:
            features[:, places[name]] = known.features[name]
    for name, ranked in _RANKED.items():
        features[:, places[name]] = _percent_rank(features[:, places[ranked]])
    for name, values in _model_features(known, plan, model or CANDIDATES[model_name]()).items():
        features[:, places[name]] = values
    return Slice(known.cut, known.customers, features, known.gone)


def _floats(column: Any) -> Floats:
    return np.asarray(column, dtype=np.float64)


def _percent_rank(values: NDArray[np.float32]) -> Floats:
    """Return the share of the others who have less, as SQL's percent_rank."""
    below = np.searchsorted(np.sort(values), values, side="left")
    return np.asarray(below / max(1, len(values) - 1), dtype=np.float64)


def _model_features(known: Known, plan: Plan, model: PurchaseModel) -> dict[str, Floats]:
    horizon = plan.horizon_days / DAYS_A_WEEK
    try:
        if not model.is_fitted:
            model.fit_customers(_folded(known))
    except RetentionError:
        # Without a model the classifier does without its features; trees take NaN as missing, the line imputes it.
        return {name: np.full(len(known.customers), np.nan) for name in _FROM_MODEL}
    return {
        "expected_purchases": model.expected_purchases(horizon),
        "probability_none": model.probability_none(horizon),
    }


def _folded(known: Known) -> Customers:
    purchases, age, since_last = (
        _floats(known.features[name]) for name in ("purchases", "age_days", "days_since_last")
    )
    return customers_of(purchases - 1, (age - since_last) / DAYS_A_WEEK, age / DAYS_A_WEEK)


def _features_at(orders: Table, plan: Plan, cut: date) -> Table:
    """Return a row per customer with a purchase by `cut`: the features known on that day, and `returned`."""
    worth = with_worth(_state(orders, plan, cut))
    known = worth.filter(worth.purchase == 1)
    last_horizon, before = cut - plan.horizon, cut - 2 * plan.horizon
    recent = known.day > ibis.date(last_horizon)
    earlier = (known.day > ibis.date(before)) & (known.day <= ibis.date(last_horizon))
    net = known.net_minor
    per_customer = known.group_by("customer").aggregate(
        first_on=known.day.min(),
        last_on=known.day.max(),
        purchases=known.count(),
        revenue_minor=net.sum(),
        gross_minor=known.gross_minor.sum(),
        refunded_minor=known.refunded_minor.sum(),
        purchases_last_horizon=recent.sum(),
        purchases_before_last_horizon=earlier.sum(),
        revenue_last_horizon_minor=recent.ifelse(net, 0).sum(),
    )
    days = per_customer.mutate(
        days_since_last=days_between(per_customer.last_on, ibis.date(cut)),
        age_days=days_between(per_customer.first_on, ibis.date(cut)),
    )
    span = (days.age_days - days.days_since_last).cast("float64")
    gap = (days.purchases > 1).ifelse(span / (days.purchases - 1).nullif(0), ibis.null("float64"))
    features = days.mutate(
        mean_gap_days=gap,
        gaps_missed=days.days_since_last / (gap + 1),
        mean_value_minor=days.revenue_minor / days.purchases,
        refunded_share=days.refunded_minor / days.gross_minor.nullif(0),
    )
    after = purchases(_state(orders, plan, cut + plan.horizon))
    returned = after.filter(after.day > ibis.date(cut)).select(returning=after.customer).distinct()
    joined = features.left_join(returned, features.customer == returned.returning)
    # Whole numbers of days and orders are exact in 32 bits, and money need not be.
    known_features = {name: joined[name].cast("float32") for name in FEATURES if name not in _COMPUTED_HERE}
    return joined.select("customer", **known_features, returned=joined.returning.notnull())


def _state(orders: Table, plan: Plan, as_of: date) -> Table:
    return rfm.daily_state(orders, as_of=as_of, grain=plan.grain, one_row_per_order=plan.one_row_per_order)
