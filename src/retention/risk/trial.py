"""How well the risk ranked, how true it was, and what it rests on: measured on a slice that learning has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from sklearn.metrics import brier_score_loss, roc_auc_score

from retention.features import FEATURES
from retention.risk.learning import Classifier
from retention.risk.slices import Floats, Slice, sample

MAX_FOR_DRIVERS = 10_000


@dataclass(frozen=True, slots=True)
class Driver:
    """A feature (a key of `FEATURES`) and the AUC on the test slice that is lost when it is shuffled."""

    name: str
    importance: float


@dataclass(frozen=True, slots=True)
class Trial:
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


def try_out(slice_: Slice, risk: Floats) -> Trial | None:
    """Measure a risk on its slice; None where all or none placed no order, or a risk is unknown."""
    gone = slice_.gone
    if not 0 < gone.sum() < len(gone) or not np.isfinite(risk).all():
        return None
    base = float(gone.mean())
    order = np.argsort(-risk, kind="stable")
    tenths = np.array_split(order, min(10, len(order)))
    return Trial(
        cut=slice_.cut,
        customers=len(gone),
        base_rate=base,
        auc=float(roc_auc_score(gone, risk)),
        auc_recency=float(roc_auc_score(gone, slice_.feature("days_since_last"))),
        brier=float(brier_score_loss(gone, risk)),
        lift_top_tenth=float(gone[tenths[0]].mean() / base),
        calibration=tuple((float(risk[t].mean()), float(gone[t].mean()), len(t)) for t in reversed(tenths)),
    )


def drivers_of(classifier: Classifier, slice_: Slice, seed: int) -> tuple[Driver, ...]:
    """Return what the ranking rests on, strongest first, by shuffling one feature at a time."""
    chosen = sample(len(slice_.gone), MAX_FOR_DRIVERS, seed)
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
