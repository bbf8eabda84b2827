"""What is to be expected: the purchase model, the spend model and the risk, fitted and tested on these orders."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
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
from retention.choose import Candidate, Choice, fit_candidates, leader_of, pick, try_candidates
from retention.clv import GammaGamma, PurchaseModel
from retention.clv.customers import Customers, customers_of
from retention.in_memory import SortedOrders, beside
from retention.in_memory.people import scored_summary
from retention.reasons import Reason, RetentionError
from retention.risk import Assessment, Assessor, Readings, Tested
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
    model: PurchaseModel | None
    no_model: Reason | None
    spend: GammaGamma | None
    no_spend: Reason | None
    risk: Assessment | None
    money_unit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tests:
    """How the models did where what followed is known; `choice` says why one of them was chosen."""

    choice: Choice | None
    backtest: Backtest | None
    risk: Tested | None


class Forecaster:
    """Fits the models on what is known at the cut, and tests them on what then happened.

    What scores need comes first, since others wait for them: the tests are made when they are asked for, unless the
    choice between two models hangs on them. `orders` has one row per order (`rfm.daily_state`), so that orders need not
    be told apart by name.
    """

    def __init__(self, orders: Orders, *, plan: Plan, options: Options, money_unit: int) -> None:
        self._orders, self._plan, self._options, self._money_unit = orders, plan, options, money_unit

    def forecast(self, progress: Progress) -> Forecast:
        """Fit the models that the scores are made of."""
        progress(_("Summarising customers"), 0.0)
        people = self._people
        progress(_("Fitting models of purchases and spend"), 0.3)
        with beside(self._orders, self._read_beside) as spend_of:
            chosen = self._chosen
            spend, no_spend = spend_of()
        progress(_("Learning who will not order again"), 0.55)
        risk = self._assessor.assess() if self._assessor else None
        return Forecast(
            people=people,
            model=chosen.model if chosen else None,
            no_model=self._fitted[1],
            spend=spend,
            no_spend=no_spend,
            risk=risk,
            money_unit=self._money_unit,
        )

    def test(self) -> Tests:
        """Test the models that `forecast` has fitted."""
        return Tests(
            choice=self._choice, backtest=self._backtest, risk=self._assessor.test() if self._assessor else None
        )

    @cached_property
    def _people(self) -> People:
        return _read_people(self._orders, self._plan, self._options)

    @cached_property
    def _backtest(self) -> Backtest | None:
        return _read_backtest(self._orders, self._plan, self._options)

    @cached_property
    def _fitted(self) -> tuple[tuple[Candidate, ...], Reason | None]:
        """The candidates; or none, and why."""
        try:
            return fit_candidates(self._people.folded), None
        except RetentionError as error:
            return (), error.reason

    @cached_property
    def _choice(self) -> Choice | None:
        candidates, _reason = self._fitted
        if not candidates:
            return None
        if self._backtest is None:
            return pick(candidates)
        holdout = self._backtest.holdout
        same_cut = self._plan.backtest_cut == self._plan.cut
        earlier = None if same_cut else self._backtest.customers
        return pick(try_candidates(candidates, holdout, earlier=earlier), holdout)

    @cached_property
    def _chosen(self) -> Candidate | None:
        return leader_of(self._fitted[0]) or (self._choice.candidate if self._choice else None)

    def _read_beside(self) -> tuple[GammaGamma | None, Reason | None]:
        """Fit the model of spend, and read what the risk is learnt from; neither asks how often somebody buys."""
        self._readings.read()
        return _fit_spend(self._people, self._money_unit)

    @cached_property
    def _readings(self) -> Readings:
        return Readings(self._orders, _risk_plan(self._plan, self._options))

    @cached_property
    def _assessor(self) -> Assessor | None:
        if self._chosen is None:
            return None
        # The times that the models read are those of the risk's own, so that what is fitted need not be fitted again.
        same_times = self._options.grain == "day" and self._options.unit == "week"
        return Assessor(self._readings, self._chosen.name, self._chosen.model if same_times else None)


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


def _fit_spend(people: People, money_unit: int) -> tuple[GammaGamma | None, Reason | None]:
    try:
        spend = GammaGamma().fit(people.column("frequency"), people.repeat_spend_minor / money_unit)
    except RetentionError as error:
        return None, error.reason
    reason = spend.population_mean_reason
    return (None, reason) if reason else (spend, None)


def _risk_plan(plan: Plan, options: Options) -> RiskPlan:
    return RiskPlan(
        cut=plan.cut,
        known_until=plan.known_until,
        first_on=plan.first_on,
        horizon_days=plan.horizon_days,
        grain=options.grain,
        one_row_per_order=True,
        seed=options.seed,
    )
