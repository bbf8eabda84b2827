"""Learn from one slice who will be gone, and calibrate on the next."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from retention.reasons import Reason, mark
from retention.risk.slices import Floats, Slice, sample

MIN_CUSTOMERS = 200
MIN_OF_EACH_CLASS = 30
MAX_TRAINED = 150_000
PORTION_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Lesson:
    """What learning takes of a slice: at most `MAX_TRAINED` of its customers, so that the slice itself may go.

    `customers` and `gone_customers` count all of the slice.
    """

    cut: date
    customers: int
    gone_customers: int
    features: NDArray[np.float32]
    gone: NDArray[np.bool_]

    @classmethod
    def of(cls, slice_: Slice, seed: int) -> Lesson:
        """Draw the customers to learn from."""
        chosen = sample(len(slice_.gone), MAX_TRAINED, seed)
        gone = int(slice_.gone.sum())
        return cls(slice_.cut, len(slice_.gone), gone, slice_.features[chosen], slice_.gone[chosen])

    def describe_lack(self) -> Reason | None:
        """Say why a classifier cannot learn from this slice, or None where it can."""
        rarer = min(self.gone_customers, self.customers - self.gone_customers)
        if self.customers >= MIN_CUSTOMERS and rarer >= MIN_OF_EACH_CLASS:
            return None
        return Reason(
            "slice_too_small",
            mark(
                "The risk is the purchase model's probability of no order: on {cut} there were {customers} customers, "
                "{gone} of whom did not order again in time, too few to learn from."
            ),
            {"cut": self.cut, "customers": self.customers, "gone": self.gone_customers},
        )


class Learner(Protocol):
    """What learns who is gone: a classifier of scikit-learn."""

    def fit(self, features: NDArray[np.float32], gone: NDArray[np.bool_]) -> Any:
        """Learn from features of shape (n, k) and labels of shape (n,)."""

    def decision_function(self, features: NDArray[np.float32]) -> Floats:
        """Return the log odds of being gone, shape (n,)."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """A learner, and the line that turns its log odds into probabilities that hold."""

    learner: Learner
    calibration: LogisticRegression

    def probability(self, features: NDArray[np.float32]) -> Floats:
        """Return the probability of being gone, shape (n,)."""
        odds = _log_odds(self.learner, features)
        return np.asarray(self.calibration.predict_proba(odds)[:, 1], dtype=np.float64)


def learn(train: Lesson, calibration: Lesson) -> Classifier | Reason:
    """Train and calibrate on two slices, one horizon apart."""
    for lesson in (train, calibration):
        lack = lesson.describe_lack()
        if lack:
            return lack
    # Both leave the interpreter's lock while they compute.
    with ThreadPoolExecutor() as pool:
        tried = pool.map(lambda learner: _calibrated(learner, train, calibration), _learners())
        return min(tried, key=itemgetter(0))[1]


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


def _calibrated(learner: Learner, train: Lesson, calibration: Lesson) -> tuple[float, Classifier]:
    """Train, calibrate (Platt), and return the log loss on the calibration slice with the classifier."""
    with threadpool_limits(1):  # On a busy machine OpenMP's waiting threads cost far more than they bring.
        learner.fit(train.features, train.gone)
    odds = _log_odds(learner, calibration.features)
    classifier = Classifier(learner, LogisticRegression(C=1e6).fit(odds, calibration.gone))
    return float(log_loss(calibration.gone, classifier.probability(calibration.features))), classifier


def _log_odds(learner: Learner, features: NDArray[np.float32]) -> Floats:
    # What a learner makes of the rows on the way is several times their size, so it gets them in portions.
    portions = np.array_split(features, max(1, -(-len(features) // PORTION_ROWS)))
    with threadpool_limits(1):
        odds = np.concatenate([learner.decision_function(portion) for portion in portions])
    return odds.astype(np.float64).reshape(-1, 1)
