"""Who will not order within the horizon.

Customers are never ranked by P(alive): where dropout is weak it says nothing, and where it is strong it still ignores
how often a customer buys. The risk is the calibrated output of a classifier whose features include the purchase model's
expectation, learnt on time slices that never see their own future:

    cut c1 ── h ──► cut c2 ── h ──► cut c3 ── h ──►
    train           calibrate       test

Each slice holds the customers acquired by its cut, described by what was known on that day (a refund after the cut is
unknown, quantiles are those of the day) and labelled by the horizon h after it. The procedure that is tested is the
one that is used: for the scores it moves forward until its calibration slice ends where the known history ends. Where
the history is too short for three slices, the risk is the purchase model's probability of no order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from operator import itemgetter
from typing import Any, Protocol

import ibis
import numpy as np
import pyarrow as pa
from ibis.expr.types import Table
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from retention import rfm
from retention.calendar import days_between
from retention.choose import CANDIDATES
from retention.clv.customers import customers_of
from retention.purchases import purchases, with_worth
from retention.reasons import Reason, RetentionError, mark

Floats = NDArray[np.float64]

MIN_CUSTOMERS = 200
MIN_OF_EACH_CLASS = 30
MAX_TRAINED = 150_000
MAX_FOR_DRIVERS = 10_000
DAYS_A_WEEK = 7
PORTION_ROWS = 50_000

FEATURES: Mapping[str, str] = {
    "days_since_last": mark("days since the last order"),
    "age_days": mark("days since the first order"),
    "purchases": mark("number of orders"),
    "mean_gap_days": mark("usual days between orders"),
    "gaps_missed": mark("silence against the usual gap"),
    "purchases_last_horizon": mark("orders in the last period"),
    "purchases_before_last_horizon": mark("orders in the period before"),
    "revenue_minor": mark("money spent"),
    "mean_value_minor": mark("average order"),
    "revenue_last_horizon_minor": mark("money spent in the last period"),
    "refunded_share": mark("share sent back"),
    "frequency_rank": mark("rank by number of orders"),
    "revenue_rank": mark("rank by money spent"),
    "expected_purchases": mark("orders expected by the purchase model"),
    "probability_none": mark("the purchase model's probability of no order"),
}
_FROM_MODEL = ("expected_purchases", "probability_none")
_RANKED = {"frequency_rank": "purchases", "revenue_rank": "revenue_minor"}
_COMPUTED_HERE = (*_FROM_MODEL, *_RANKED)


@dataclass(frozen=True, slots=True)
class Driver:
    """A feature (a key of `FEATURES`) and the AUC on the test slice that is lost when it is shuffled."""

    name: str
    importance: float


@dataclass(frozen=True, slots=True)
class Test:
    """How well the risk ranked and how true it was on the test slice.

    Parameters
    ----------
    cut : date
        The day on which the test slice stood.
    customers : int
        Customers in it.
    base_rate : float
        Share of them who placed no order in the horizon.
    auc, auc_recency : float
        Area under the ROC curve (positive = no order) of the risk, and of ranking by days since the last order.
    brier : float
        Mean squared error of the probability.
    lift_top_tenth : float
        Share without an order among the riskiest tenth over the base rate.
    calibration : tuple of (float, float, int)
        By tenths of risk: mean risk, share without an order, customers.
    """

    cut: date
    customers: int
    base_rate: float
    auc: float
    auc_recency: float
    brier: float
    lift_top_tenth: float
    calibration: tuple[tuple[float, float, int], ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The risk of each customer at the cut, and how far to trust it.

    Parameters
    ----------
    customers : pyarrow.Array, shape (n,)
        The customers acquired by the cut, ascending.
    risk : ndarray of float64, shape (n,)
        Probability of no order within the horizon.
    method : str
        "classifier", or "model" where the history is too short, then `reason` says why.
    test : Test or None
        None where there is no horizon of known history after any cut.
    drivers : tuple of Driver
        What the classifier's ranking rests on, strongest first; empty for "model".
    """

    customers: pa.Array
    risk: Floats
    method: str
    reason: Reason | None
    test: Test | None
    drivers: tuple[Driver, ...] = ()


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
    model_name : str
        A key of `retention.choose.CANDIDATES`: the purchase model whose expectation is a feature.
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
    model_name: str
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

    def describe_lack(self) -> Reason | None:
        """Say why a classifier cannot learn from this slice, or None where it can."""
        gone = int(self.gone.sum())
        if len(self.gone) >= MIN_CUSTOMERS and min(gone, len(self.gone) - gone) >= MIN_OF_EACH_CLASS:
            return None
        return Reason(
            "slice_too_small",
            mark(
                "The risk is the purchase model's probability of no order: on {cut} there were {customers} customers, "
                "{gone} of whom did not order again in time, too few to learn from."
            ),
            {"cut": self.cut, "customers": len(self.gone), "gone": gone},
        )


class Learner(Protocol):
    """What learns who is gone: a classifier of scikit-learn."""

    def fit(self, features: NDArray[np.float32], gone: NDArray[np.bool_]) -> Any:
        """Learn from features of shape (n, k) and labels of shape (n,)."""

    def decision_function(self, features: NDArray[np.float32]) -> Floats:
        """Return the log odds of being gone, shape (n,)."""


@dataclass(frozen=True, slots=True)
class _Classifier:
    """A learner, and the line that turns its log odds into probabilities that hold."""

    learner: Learner
    calibration: LogisticRegression

    def probability(self, features: NDArray[np.float32]) -> Floats:
        odds = _log_odds(self.learner, features)
        return np.asarray(self.calibration.predict_proba(odds)[:, 1], dtype=np.float64)


def assess(orders: Table, plan: Plan) -> Assessment:
    """Estimate each customer's probability of no order within the horizon.

    Parameters
    ----------
    orders : ibis Table
        Columns `customer`, `order`, `occurred_on`, `purchased_on`, `amount_minor`; one row per line, order or refund.
    plan : Plan
        The cut, the horizon and what is known.

    Returns
    -------
    Assessment
        One risk per customer who had bought by the cut, and the figures of its test.

    References
    ----------
    Breiman (2001), Random forests, section 10 (importance by permutation). Platt (1999) for the calibration.
    """
    read = partial(read_slice, orders, plan)
    if plan.test_cut <= plan.first_on:
        return _by_model(read(plan.cut), _too_short(plan), None)
    test_slice = read(plan.test_cut)
    if not plan.has_room_to_learn:
        now = test_slice if plan.test_cut == plan.cut else read(plan.cut)
        return _by_model(now, _too_short(plan), test_slice)
    calibration = read(plan.test_cut - plan.horizon)
    learnt = _learn(read(plan.test_cut - 2 * plan.horizon), calibration, plan.seed)
    if isinstance(learnt, Reason):
        return _by_model(read(plan.cut), learnt, test_slice)
    test, drivers = _test(test_slice, learnt.probability(test_slice.features)), _drivers(learnt, test_slice, plan.seed)
    if plan.test_cut == plan.cut:
        risk = learnt.probability(test_slice.features)
        return Assessment(test_slice.customers, risk, "classifier", None, test, drivers)
    used = _learn(calibration, test_slice, plan.seed)
    if isinstance(used, Reason):
        return _by_model(read(plan.cut), used, test_slice)
    # A million customers make a slice of a hundred megabytes: those that have served go before the last is read.
    del calibration, test_slice
    now = read(plan.cut)
    return Assessment(now.customers, used.probability(now.features), "classifier", None, test, drivers)


def _by_model(now: Slice, reason: Reason, test_slice: Slice | None) -> Assessment:
    test = None if test_slice is None else _test(test_slice, test_slice.feature("probability_none"))
    return Assessment(now.customers, now.feature("probability_none"), "model", reason, test)


def _learn(train: Slice, calibration: Slice, seed: int) -> _Classifier | Reason:
    """Train and calibrate on two slices, one horizon apart."""
    for slice_ in (train, calibration):
        lack = slice_.describe_lack()
        if lack:
            return lack
    return min((_calibrated(learner, train, calibration, seed) for learner in _learners()), key=itemgetter(0))[1]


def _learners() -> tuple[Learner, ...]:
    """Return what may learn: a line on smooth features, which small data and new ranges suit, and trees."""
    line = make_pipeline(
        SimpleImputer(add_indicator=True, keep_empty_features=True),
        FunctionTransformer(_smooth),
        StandardScaler(),
        LogisticRegression(C=0.3, max_iter=500),
    )
    trees = HistGradientBoostingClassifier(
        max_iter=120, learning_rate=0.07, max_leaf_nodes=15, min_samples_leaf=40, l2_regularization=1.0, random_state=0
    )
    return line, trees


def _smooth(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Draw long tails in: log(1 + |x|) with the sign of x."""
    return np.copysign(np.log1p(np.abs(features)), features)


def _calibrated(learner: Learner, train: Slice, calibration: Slice, seed: int) -> tuple[float, _Classifier]:
    """Train, calibrate (Platt), and return the log loss on the calibration slice with the classifier."""
    chosen = _sample(len(train.gone), MAX_TRAINED, seed)
    with threadpool_limits(1):  # On a busy machine OpenMP's waiting threads cost far more than they bring.
        learner.fit(train.features[chosen], train.gone[chosen])
    chosen = _sample(len(calibration.gone), MAX_TRAINED, seed)
    features, gone = calibration.features[chosen], calibration.gone[chosen]
    classifier = _Classifier(learner, LogisticRegression(C=1e6).fit(_log_odds(learner, features), gone))
    return float(log_loss(gone, classifier.probability(features))), classifier


def _too_short(plan: Plan) -> Reason:
    return Reason(
        "history_too_short",
        mark(
            "The risk is the purchase model's probability of no order: a history of {days:.0f} days has no room for "
            "training, calibration and test at a horizon of {horizon:.0f} days."
        ),
        {"days": (plan.cut - plan.first_on).days, "horizon": plan.horizon_days},
    )


def read_slice(orders: Table, plan: Plan, cut: date) -> Slice:
    """Read the customers acquired by `cut` as they were known on that day.

    Parameters
    ----------
    orders : ibis Table
        As for `assess`.
    plan : Plan
        Its horizon, model and grain are used.
    cut : date
        The day on which the slice stands.

    Returns
    -------
    Slice
        Customers ascending; `gone` is all True where nothing is known after the cut.
    """
    table = _features_at(orders, plan, cut).order_by("customer").to_pyarrow()
    features = np.empty((len(table), len(FEATURES)), dtype=np.float32, order="F")
    places = {name: place for place, name in enumerate(FEATURES)}
    for name in FEATURES:
        if name not in _COMPUTED_HERE:
            features[:, places[name]] = table[name].to_numpy()
    for name, ranked in _RANKED.items():
        features[:, places[name]] = _percent_rank(features[:, places[ranked]])
    history = (_floats(table[name]) for name in ("purchases", "age_days", "days_since_last"))
    for name, values in _model_features(*history, plan=plan).items():
        features[:, places[name]] = values
    customers = table["customer"].combine_chunks()
    return Slice(cut, customers, features, ~table["returned"].to_numpy().astype(bool))


def _floats(column: Any) -> Floats:
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _percent_rank(values: NDArray[np.float32]) -> Floats:
    """Return the share of the others who have less, as SQL's percent_rank."""
    below = np.searchsorted(np.sort(values), values, side="left")
    return np.asarray(below / max(1, len(values) - 1), dtype=np.float64)


def _model_features(purchases: Floats, age_days: Floats, days_since_last: Floats, *, plan: Plan) -> dict[str, Floats]:
    horizon = plan.horizon_days / DAYS_A_WEEK
    try:
        customers = customers_of(purchases - 1, (age_days - days_since_last) / DAYS_A_WEEK, age_days / DAYS_A_WEEK)
        model = CANDIDATES[plan.model_name]().fit_customers(customers)
    except RetentionError:
        # Without a model the classifier does without its features; trees take NaN as missing, the line imputes it.
        return {name: np.full(len(purchases), np.nan) for name in _FROM_MODEL}
    return {
        "expected_purchases": model.expected_purchases(horizon),
        "probability_none": model.probability_none(horizon),
    }


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


def _log_odds(learner: Learner, features: NDArray[np.float32]) -> Floats:
    # What a learner makes of the rows on the way is several times their size, so it gets them in portions.
    portions = np.array_split(features, max(1, -(-len(features) // PORTION_ROWS)))
    with threadpool_limits(1):
        odds = np.concatenate([learner.decision_function(portion) for portion in portions])
    return odds.astype(np.float64).reshape(-1, 1)


def _sample(size: int, most: int, seed: int) -> NDArray[np.int64]:
    if size <= most:
        return np.arange(size)
    return np.sort(np.random.default_rng(seed).choice(size, most, replace=False))


def _test(slice_: Slice, risk: Floats) -> Test | None:
    gone = slice_.gone
    if not 0 < gone.sum() < len(gone) or not np.isfinite(risk).all():
        return None
    base = float(gone.mean())
    order = np.argsort(-risk, kind="stable")
    tenths = np.array_split(order, min(10, len(order)))
    return Test(
        cut=slice_.cut,
        customers=len(gone),
        base_rate=base,
        auc=float(roc_auc_score(gone, risk)),
        auc_recency=float(roc_auc_score(gone, slice_.feature("days_since_last"))),
        brier=float(brier_score_loss(gone, risk)),
        lift_top_tenth=float(gone[tenths[0]].mean() / base),
        calibration=tuple((float(risk[t].mean()), float(gone[t].mean()), len(t)) for t in reversed(tenths)),
    )


def _drivers(classifier: _Classifier, slice_: Slice, seed: int) -> tuple[Driver, ...]:
    chosen = _sample(len(slice_.gone), MAX_FOR_DRIVERS, seed)
    features, gone = slice_.features[chosen], slice_.gone[chosen]
    if gone.all() or not gone.any():
        return ()
    whole = roc_auc_score(gone, classifier.probability(features))
    random = np.random.default_rng(seed)
    drivers = []
    for column, name in enumerate(FEATURES):
        shuffled = features.copy()
        shuffled[:, column] = random.permutation(shuffled[:, column])
        drivers.append(Driver(name, float(whole - roc_auc_score(gone, classifier.probability(shuffled)))))
    return tuple(sorted(drivers, key=lambda d: -d.importance))
