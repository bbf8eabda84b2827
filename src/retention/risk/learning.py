"""Learn from one slice who will be gone, and calibrate on the next."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
from retention.risk.slices import Floats, Known, Slice

MIN_CUSTOMERS = 200
MIN_OF_EACH_CLASS = 30
# Of a million customers, twice as many made the area under the curve 0.0002 larger.
MAX_TRAINED = 75_000
PORTION_ROWS = 50_000


def lack_of(known: Known) -> Reason | None:
    """Say why a classifier cannot learn from these customers, or None where it can."""
    customers, gone = len(known.gone), int(known.gone.sum())
    if customers >= MIN_CUSTOMERS and min(gone, customers - gone) >= MIN_OF_EACH_CLASS:
        return None
    return Reason(
        "slice_too_small",
        mark(
            "The risk is the purchase model's probability of no order: on {cut} there were {customers} customers, "
            "{gone} of whom did not order again in time, too few to learn from."
        ),
        {"cut": known.cut, "customers": customers, "gone": gone},
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


def learn(train: Slice, calibration: Slice) -> Classifier:
    """Train and calibrate on two slices, one horizon apart, in which nothing lacks (`lack_of`)."""
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


def _calibrated(learner: Learner, train: Slice, calibration: Slice) -> tuple[float, Classifier]:
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
