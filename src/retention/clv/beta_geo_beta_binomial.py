"""BG/BB: purchases at fixed opportunities, such as a yearly appeal or a weekly delivery."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import special

from retention.clv.customers import Customers, customers_of, require_variety
from retention.clv.inference import Estimate, FloatArray, Objective, maximise, of_logarithms
from retention.clv.model import FittedModel
from retention.clv.purchases import LEAST_GAIN
from retention.reasons import InvalidInput, Reason, mark

_LARGEST = 1e5


class BetaGeoBetaBinomial(FittedModel):
    """The beta-geometric / beta-binomial model, in opportunities.

    At each opportunity an active customer buys with probability Beta(alpha, beta) over customers; at the beginning of
    each a customer leaves with probability Beta(gamma, delta). Alive means: active at the next opportunity.
    Where dropout gains less than 4 in 2 LL over the same model without it, the model without dropout answers and
    `boundary` says so. Where the curvature is no maximum's, the forecasts stand and `boundary` says so.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. & Shang, J. (2010). Customer-base analysis in a discrete-time noncontractual setting.
    Marketing Science 29, 1086-1108: equations 5 (likelihood), 11 and 13. Checked in `tests/test_published_figures.py`.

    Examples
    --------
    >>> model = BetaGeoBetaBinomial(params={"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783})
    >>> model.expected_purchases(5, frequency=[6.0], recency=[6.0], T=[6.0]).round(2).tolist()
    [3.75]
    """

    name = "BG/BB"
    symbols = ("alpha", "beta", "gamma", "delta")
    _customers: Customers | None = None
    _without: Estimate | None = None

    def fit(
        self,
        frequency: npt.ArrayLike,
        recency: npt.ArrayLike,
        T: npt.ArrayLike,
        *,
        counts: npt.ArrayLike | None = None,
    ) -> Self:
        """Fit by maximum likelihood on the distinct rows.

        Parameters
        ----------
        frequency : array_like, shape (n,)
            Opportunities taken, whole numbers, 0 <= frequency <= recency.
        recency : array_like, shape (n,)
            The last opportunity taken, 0 for none, <= T.
        T : array_like, shape (n,)
            Opportunities so far.
        counts : array_like, shape (n,), optional
            How many customers each row stands for.

        Returns
        -------
        Self

        Raises
        ------
        InvalidInput
            If a row is impossible.
        NotEnoughData
            If there are fewer than two customers, no purchase, or only one kind of customer.
        """
        customers = _in_opportunities(frequency, recency, T, counts)
        require_variety(customers)
        self._customers = customers
        likelihood = _OpportunityLikelihood(customers)
        self._without = maximise(
            _of_buying_only(likelihood),
            names=self.symbols[:2],
            starts=[(1.0, 1.0), (0.3, 2.0)],
            bounds=[(1e-4, _LARGEST)] * 2,
        )
        alpha, beta = self._without.params.values()
        found = maximise(
            of_logarithms(likelihood),
            names=self.symbols,
            starts=[(alpha, beta, gamma, delta) for gamma, delta in ((0.7, 3.0), (0.2, 4.0), (2.0, 10.0))],
            bounds=[(1e-4, _LARGEST)] * 4,
            rows=likelihood.cells,
        )
        self._adopt(found)
        self.boundary = self._judged(found, self._without)
        return self

    def probability_alive(
        self,
        *,
        frequency: npt.ArrayLike | None = None,
        recency: npt.ArrayLike | None = None,
        T: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """Give P(active at opportunity T + 1), shape (n,), of the fitted customers or of those given."""
        asked = self._asked(frequency, recency, T)
        return self._active_at(asked, np.array([1.0]))[:, 0][asked.inverse]

    def probability_none(
        self,
        t: int,
        *,
        frequency: npt.ArrayLike | None = None,
        recency: npt.ArrayLike | None = None,
        T: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """Give P(no purchase at the next t opportunities), shape (n,)."""
        asked = self._asked(frequency, recency, T)
        later = Customers(asked.frequency, asked.recency, asked.T + _whole(t), asked.counts, asked.inverse)
        theta = self._answering_theta
        change = _OpportunityLikelihood(later).rows(theta) - _OpportunityLikelihood(asked).rows(theta)
        return np.exp(np.minimum(change, 0.0))[asked.inverse]

    def expected_purchases(
        self,
        t: int,
        *,
        frequency: npt.ArrayLike | None = None,
        recency: npt.ArrayLike | None = None,
        T: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """Give E[purchases at the next t opportunities], shape (n,), of the fitted customers or of those given."""
        asked = self._asked(frequency, recency, T)
        alpha, beta, _, _ = self._answering_theta
        buying = (alpha + asked.frequency) / (alpha + beta + asked.T)
        active = self._active_at(asked, np.arange(1.0, _whole(t) + 1)).sum(axis=1)
        expected: FloatArray = buying * active
        return expected[asked.inverse]

    def expected_new(self, t: int) -> float:
        """Give E[purchases of a new customer at the first t opportunities]."""
        return float(self.expected_purchases(t, frequency=[0.0], recency=[0.0], T=[0.0])[0])

    def simulate(
        self, T: npt.ArrayLike, *, horizon: int = 0, seed: int = 0
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Draw one customer per entry of `T`: frequency, recency and the purchases of the `horizon` that follows."""
        age = np.asarray(T, dtype=np.int64)
        alpha, beta, gamma, delta = self._answering_theta
        rng = np.random.default_rng(seed)
        buying = rng.beta(alpha, beta, len(age))
        leaving = np.clip(rng.beta(gamma, delta, len(age)), 1e-15, 1.0)
        last_active = rng.geometric(leaving) - 1
        opportunity = np.arange(1, int(age.max(initial=0)) + horizon + 1)
        bought = (rng.random((len(age), len(opportunity))) < buying[:, None]) & (opportunity <= last_active[:, None])
        past = bought & (opportunity <= age[:, None])
        future = bought & (opportunity > age[:, None]) & (opportunity <= age[:, None] + horizon)
        recency = (past * opportunity).max(axis=1, initial=0)
        return past.sum(axis=1).astype(np.float64), recency.astype(np.float64), future.sum(axis=1).astype(np.float64)

    @property
    def _answering_theta(self) -> FloatArray:
        if self._without is None or self.boundary is None or self.boundary.code != "no_dropout":
            return self._theta
        # As gamma vanishes nobody leaves.
        return np.array([*self._without.params.values(), 1e-12, 1.0])

    def _asked(
        self, frequency: npt.ArrayLike | None, recency: npt.ArrayLike | None, T: npt.ArrayLike | None
    ) -> Customers:
        if frequency is not None and recency is not None and T is not None:
            return _in_opportunities(frequency, recency, T, None)
        if frequency is not None or recency is not None or T is not None or self._customers is None:
            raise InvalidInput(
                Reason("columns_missing", mark("Give frequency, recency and T together, or none of them."))
            )
        return self._customers

    def _active_at(self, asked: Customers, ahead: FloatArray) -> FloatArray:
        """Give P(active at opportunity T + j), shape (rows, len(ahead))."""
        alpha, beta, gamma, delta = theta = self._answering_theta
        x, T = asked.frequency, asked.T
        bought = special.betaln(alpha + x, beta + T - x) - special.betaln(alpha, beta)
        stayed = special.betaln(gamma, delta + T[:, None] + ahead) - special.betaln(gamma, delta)
        logarithm: FloatArray = (bought - _OpportunityLikelihood(asked).rows(theta))[:, None] + stayed
        return np.exp(logarithm)

    def _judged(self, found: Estimate, without: Estimate) -> Reason | None:
        gain = 2 * (found.log_likelihood - without.log_likelihood)
        values = {"model": self.name, "gain": gain, "parameters": ", ".join(found.at_bound)}
        if gain < LEAST_GAIN:
            template = mark(
                "The data do not show that customers leave (2ΔLL = {gain:.2f}): {model} without dropout answers."
            )
            return Reason("no_dropout", template, values)
        if found.indefinite:
            template = mark(
                "The data do not tell the parameters of {model} apart (the curvature is not a maximum's): its "
                "forecasts stand, its parameters do not."
            )
            return Reason("not_identified", template, values)
        if set(found.at_bound) & {"alpha", "beta"}:
            template = mark("Customers do not differ measurably in how often they buy ({parameters} at its bound).")
            return Reason("rates_alike", template, values)
        if found.at_bound:
            template = mark("Customers do not differ measurably in how soon they leave ({parameters} at its bound).")
            return Reason("dropout_alike", template, values)
        return None


def _in_opportunities(
    frequency: npt.ArrayLike, recency: npt.ArrayLike, T: npt.ArrayLike, counts: npt.ArrayLike | None
) -> Customers:
    customers = customers_of(frequency, recency, T, counts)
    times = np.concatenate([customers.recency, customers.T])
    if (times != np.floor(times)).any() or (customers.frequency > customers.recency).any():
        template = mark("Opportunities are whole numbers, and no more can be taken than there were until the last.")
        raise InvalidInput(Reason("opportunities_invalid", template))
    return customers


def _whole(t: int) -> int:
    if not np.isfinite(t) or t < 0 or int(t) != t:
        raise InvalidInput(
            Reason("time_invalid", mark("Opportunities are a whole number of at least 0, not {t}."), {"t": t})
        )
    return int(t)


class _OpportunityLikelihood:
    """The likelihood as a sum, for each row, over the opportunity after which the customer may have left.

    A row has the terms i = 0 ... T - t_x - 1 (left before t_x + i + 1) and one for who is still active.
    """

    def __init__(self, customers: Customers) -> None:
        self.counts = customers.counts
        self.row = np.repeat(np.arange(len(customers.T)), (customers.T - customers.recency).astype(np.int64) + 1)
        self.first = np.flatnonzero(np.diff(self.row, prepend=-1))
        self.cells = len(self.row)
        number = np.arange(self.cells) - self.first[self.row]
        self.x = customers.frequency[self.row]
        self.seen = customers.recency[self.row] + number
        self.left = (self.seen < customers.T[self.row]).astype(np.float64)

    def terms(self, theta: FloatArray) -> FloatArray:
        alpha, beta, gamma, delta = theta
        bought = special.betaln(alpha + self.x, beta + self.seen - self.x) - special.betaln(alpha, beta)
        stayed = special.betaln(gamma + self.left, delta + self.seen) - special.betaln(gamma, delta)
        value: FloatArray = bought + stayed
        return value

    def rows(self, theta: FloatArray) -> FloatArray:
        return np.logaddexp.reduceat(self.terms(theta), self.first)

    def __call__(self, theta: FloatArray) -> tuple[float, FloatArray]:
        alpha, beta, gamma, delta = theta
        terms = self.terms(theta)
        rows = np.logaddexp.reduceat(terms, self.first)
        share = np.exp(terms - rows[self.row]) * self.counts[self.row]
        psi = special.digamma
        tried = psi(alpha + beta) - psi(alpha + beta + self.seen)
        lived = psi(gamma + delta) - psi(gamma + delta + self.left + self.seen)
        gradient = [
            share @ (psi(alpha + self.x) - psi(alpha) + tried),
            share @ (psi(beta + self.seen - self.x) - psi(beta) + tried),
            share @ (psi(gamma + self.left) - psi(gamma) + lived),
            share @ (psi(delta + self.seen) - psi(delta) + lived),
        ]
        return float(self.counts @ rows), np.array(gradient)


def _of_buying_only(likelihood: Objective) -> Objective:
    """Give the likelihood without dropout, of ln alpha and ln beta."""

    def objective(log_theta: FloatArray) -> tuple[float, FloatArray]:
        theta = np.array([*np.exp(log_theta), 1e-12, 1.0])
        value, gradient = likelihood(theta)
        return value, gradient[:2] * theta[:2]

    return objective
