"""What is to be expected: the purchase model, the spend model and the risk, fitted and tested on these orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from ibis.expr.types import Table
from numpy.typing import NDArray

from regulars.kit.i18n import gettext as _
from regulars.kit.progress import Progress
from regulars.report.contracts import Options
from regulars.report.plan import Plan
from retention import rfm
from retention.backtest import Backtest, read_backtest
from retention.choose import Choice, choose
from retention.clv import GammaGamma
from retention.clv.customers import Customers, customers_of
from retention.in_memory import SortedOrders
from retention.in_memory.people import scored_summary
from retention.reasons import Reason, RetentionError
from retention.risk import Assessment, assess
from retention.risk import Plan as RiskPlan
from retention.segments import assign

Floats = NDArray[np.float64]
# As a table of an engine, or in memory.
Orders: TypeAlias = Table | SortedOrders


@dataclass(frozen=True, slots=True)
class People:
    """The customers at the cut: a table of one row each, ascending by `customer`, and what the models read of them."""

    table: pa.Table
    folded: Customers

    def column(self, name: str) -> Floats:
        """Return one column as float64, NaN for null."""
        return np.asarray(self.table[name].to_numpy(zero_copy_only=False), dtype=np.float64)

    @property
    def repeat_spend_minor(self) -> Floats:
        """Mean value of each customer's repeat purchases, 0 where there is none."""
        return np.nan_to_num(self.column("monetary_value_minor"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The customers and the fitted models; `no_model` and `no_spend` say why there is none.

    `money_unit` is how many minor units make the unit in which the spend model's parameters are stated.
    """

    people: People
    choice: Choice | None
    no_model: Reason | None
    spend: GammaGamma | None
    no_spend: Reason | None
    backtest: Backtest | None
    risk: Assessment | None
    money_unit: int


def make_forecast(orders: Orders, *, plan: Plan, options: Options, money_unit: int, progress: Progress) -> Forecast:
    """Fit the models on what is known at the cut, and test them on what then happened.

    `orders` has one row per order (`rfm.daily_state`), so that orders need not be told apart by name.
    """
    progress(_("Summarising customers"), 0.0)
    people = _read_people(orders, plan, options)
    progress(_("Reading what happened after the cut of the test"), 0.15)
    backtest = _read_backtest(orders, plan, options)
    progress(_("Fitting models of purchases"), 0.3)
    choice, no_model = _choose(people, backtest, same_cut=plan.backtest_cut == plan.cut)
    progress(_("Fitting the model of spend"), 0.5)
    spend, no_spend = _fit_spend(people, money_unit)
    progress(_("Learning who will not order again"), 0.55)
    risk = None if choice is None else assess(orders, _risk_plan(plan, options, choice.chosen))
    return Forecast(
        people=people,
        choice=choice,
        no_model=no_model,
        spend=spend,
        no_spend=no_spend,
        backtest=backtest,
        risk=risk,
        money_unit=money_unit,
    )


def _read_people(orders: Orders, plan: Plan, options: Options) -> People:
    table = _summarised(orders, plan, options)
    columns = (table[name].to_numpy() for name in ("frequency", "recency", "T"))
    return People(table, customers_of(*columns))


def _summarised(orders: Orders, plan: Plan, options: Options) -> pa.Table:
    if isinstance(orders, SortedOrders):
        return scored_summary(orders, as_of=plan.cut, unit=options.unit)
    summary = rfm.summarise(orders, as_of=plan.cut, unit=options.unit, grain=options.grain, one_row_per_order=True)
    with summary.cache() as kept:
        segmented = assign(rfm.score(kept, rfm.score_boundaries(kept)))
        return segmented.order_by("customer").to_pyarrow().combine_chunks()


def _read_backtest(orders: Orders, plan: Plan, options: Options) -> Backtest | None:
    if plan.backtest_cut is None:
        return None
    return read_backtest(
        orders,
        cut=plan.backtest_cut,
        horizon_days=plan.backtest_days,
        first_on=plan.first_on,
        unit=options.unit,
        grain=options.grain,
        one_row_per_order=True,
    )


def _choose(people: People, backtest: Backtest | None, *, same_cut: bool) -> tuple[Choice | None, Reason | None]:
    holdout = backtest.holdout if backtest else None
    earlier = None if backtest is None or same_cut else backtest.customers
    try:
        return choose(people.folded, holdout, earlier=earlier), None
    except RetentionError as error:
        return None, error.reason


def _fit_spend(people: People, money_unit: int) -> tuple[GammaGamma | None, Reason | None]:
    try:
        spend = GammaGamma().fit(people.column("frequency"), people.repeat_spend_minor / money_unit)
    except RetentionError as error:
        return None, error.reason
    reason = spend.population_mean_reason
    return (None, reason) if reason else (spend, None)


def _risk_plan(plan: Plan, options: Options, model_name: str) -> RiskPlan:
    return RiskPlan(
        cut=plan.cut,
        known_until=plan.known_until,
        first_on=plan.first_on,
        horizon_days=plan.horizon_days,
        model_name=model_name,
        grain=options.grain,
        one_row_per_order=True,
        seed=options.seed,
    )
