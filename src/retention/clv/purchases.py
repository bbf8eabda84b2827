"""What the four models of repeat purchases in continuous time share: fitting, the boundary and predictions.

A customer buys at random at their own rate while active. Given that a customer is active at T, the number of purchases
in (T, T + t] depends on (x, T) only; so each model gives four things - the likelihood of rows, P(alive), and for those
alive the moments and the tail probabilities of that number - and all predictions follow here.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from retention.clv.customers import Customers, customers_of, require_variety
from retention.clv.inference import (
    Estimate,
    FloatArray,
    IntArray,
    check_level,
    maximise,
    of_logarithms,
    one_thread,
)
from retention.clv.model import FittedModel
from retention.reasons import InvalidInput, NotEnoughData, Reason, mark

Likelihood = Callable[[FloatArray], tuple[float, FloatArray]]
"""Parameters -> log-likelihood and its gradient by the parameters."""

LEAST_GAIN = 4.0
"""2 (LL - LL of NBD) below which dropout is not believed."""

HIGHEST_SHAPE = 1e4
"""Where a shape parameter stands for infinity: at 10,000 customers' rates differ by one per cent."""

_COARSE_ROWS = 4_000
_CHUNK_ROWS = 8_192
_MOST_PARAMETER_DRAWS = 64
_PARAMETER_DRAW_ROWS = 200_000


@dataclass(frozen=True)
class Simulated:
    """Customers drawn from a model: their history up to T, and what follows.

    Attributes
    ----------
    frequency, recency, T : ndarray, shape (n,)
        As the models read them.
    future : ndarray, shape (n,), int64
        Purchases in (T, T + horizon].
    alive : ndarray, shape (n,), bool
        Whether the customer is active at T.
    """

    frequency: FloatArray
    recency: FloatArray
    T: FloatArray
    future: IntArray
    alive: npt.NDArray[np.bool_]


class PurchaseModel(FittedModel):
    """A model of repeat purchases; see the module's text. `fit` it, or give `params`."""

    _customers: Customers | None = None
    _answering: PurchaseModel | None = None

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
            Repeat purchases x: whole numbers >= 0.
        recency : array_like, shape (n,)
            Time t_x from the first to the last purchase; 0 where frequency is 0.
        T : array_like, shape (n,)
            Time from the first purchase to the end of the observation, >= recency, in the same unit.
        counts : array_like, shape (n,), optional
            How many customers each row stands for, > 0.

        Returns
        -------
        Self

        Raises
        ------
        InvalidInput
            If a row is impossible.
        NotEnoughData
            If there are fewer than two customers, no repeat purchase, or only one kind of customer.
        """
        return self.fit_customers(customers_of(frequency, recency, T, counts))

    def fit_customers(self, customers: Customers) -> Self:
        """Fit to folded customers, so that several models share one folding; raises as `fit` does."""
        require_variety(customers)
        self._customers = customers
        with one_thread():
            self._adopt(self._maximised(customers))
            self.boundary, self._answering = self._judged(customers)
        return self

    @property
    def answering_model(self) -> PurchaseModel:
        """The model that answers: this one, or at a `boundary` the simpler one."""
        return self._answering or self

    # Predictions.

    def probability_alive(
        self,
        *,
        frequency: npt.ArrayLike | None = None,
        recency: npt.ArrayLike | None = None,
        T: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """Give P(active at T | x, t_x, T), shape (n,), of the fitted customers or of those given."""
        asked = self._asked(frequency, recency, T)
        model = self.answering_model
        return model._alive(model._theta, asked)[asked.inverse]

    def probability_none(
        self,
        t: float,
        *,
        frequency: npt.ArrayLike | None = None,
        recency: npt.ArrayLike | None = None,
        T: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """Give P(no purchase in (T, T + t] | x, t_x, T), shape (n,), t >= 0 in the unit of T.

        Notes
        -----
        It is the likelihood of the same history seen until T + t, divided by that of the history seen until T.
        """
        _check_time(t)
        asked = self._asked(frequency, recency, T)
        model = self.answering_model
        return model._none(model._theta, asked, asked.aged(t))[asked.inverse]

    def expected_purchases(
        self,
        t: float,
        *,
        frequency: npt.ArrayLike | None = None,
        recency: npt.ArrayLike | None = None,
        T: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """Give E[purchases in (T, T + t] | x, t_x, T], shape (n,), of the fitted customers or of those given.

        Parameters
        ----------
        t : float
            Length of the future, >= 0, in the unit of T.
        frequency, recency, T : array_like, shape (n,), optional
            Other customers; all three or none.

        Returns
        -------
        ndarray, shape (n,), float64
        """
        asked = self._asked(frequency, recency, T)
        return self.expected_of(asked, t)[asked.inverse]

    def expected_of(self, rows: Customers, t: float) -> FloatArray:
        """Give E[purchases in (T, T + t] | x, t_x, T] of distinct rows; as `expected_purchases`, without folding."""
        _check_time(t)
        model = self.answering_model
        mean, _ = model._moments_of_rows(model._theta, rows, t)
        return model._alive(model._theta, rows) * mean

    def expected_new(self, t: npt.ArrayLike) -> FloatArray | float:
        """Give E[repeat purchases of a new customer in (0, t]]: a number for a number, an array for an array."""
        times = np.asarray(t, dtype=np.float64)
        model = self.answering_model
        newcomer = customers_of([0.0], [0.0], [0.0])
        alive = model._alive(model._theta, newcomer)[0]
        for time in times.ravel():
            _check_time(float(time))
        zero = np.zeros(1)
        found = [alive * model._moments(model._theta, zero, zero, float(time))[0][0] for time in times.ravel()]
        return float(found[0]) if times.ndim == 0 else np.array(found).reshape(times.shape)

    def next_purchase_median(
        self,
        *,
        frequency: npt.ArrayLike | None = None,
        recency: npt.ArrayLike | None = None,
        T: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """Give the median time from T to the next purchase of who is active and stays, shape (n,), in the unit of T.

        Notes
        -----
        The rate of an active customer is Gamma(r + x, alpha + T). Whether to name a date at all is another question:
        ask `probability_none` for a year.
        """
        asked = self._asked(frequency, recency, T)
        r, alpha = self.answering_model._theta[:2]
        median: FloatArray = (alpha + asked.T) * np.expm1(np.log(2.0) / (r + asked.frequency))
        return median[asked.inverse]

    def predictive_interval(
        self,
        t: float,
        level: float = 0.95,
        *,
        frequency: npt.ArrayLike | None = None,
        recency: npt.ArrayLike | None = None,
        T: npt.ArrayLike | None = None,
    ) -> tuple[IntArray, IntArray]:
        """Give the interval of each customer's number of purchases in (T, T + t].

        It is equal-tailed; where 0 cannot be left out it begins there, and its upper end alone holds the level.

        Parameters
        ----------
        t : float
            Length of the future, >= 0, in the unit of T.
        level : float
            Within (0, 1). Numbers are discrete, so the true coverage is this or more.
        frequency, recency, T : array_like, shape (n,), optional
            Other customers; all three or none.

        Returns
        -------
        low, high : ndarray, shape (n,), int64

        Notes
        -----
        The tails are exact given the parameters: they hold the customer's own rate, dropout and chance. They are
        averaged over up to 64 importance draws of the parameters; from 25,000 distinct rows on, where the
        parameters' uncertainty is far below the customer's own, at the maximum only.
        """
        _check_time(t)
        check_level(level)
        asked = self._asked(frequency, recency, T)
        low, high = self.answering_model._quantiles(asked, t, level)
        return low[asked.inverse], high[asked.inverse]

    def predictive_moments(self, t: float, asked: Customers) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Give P(N = 0), E[N] and E[N (N - 1)] of distinct rows, averaged over the parameters' uncertainty."""
        model = self.answering_model
        later = asked.aged(t)
        total = np.zeros((3, len(asked.T)))
        draws = model._parameter_draws(len(asked.T))
        for theta in draws:
            alive = model._alive(theta, asked)
            mean, second = model._moments_of_rows(theta, asked, t)
            total += np.array([model._none(theta, asked, later), alive * mean, alive * second])
        none, mean, second = total / len(draws)
        return none, mean, second

    def customers(
        self, frequency: npt.ArrayLike | None, recency: npt.ArrayLike | None, T: npt.ArrayLike | None
    ) -> Customers:
        """Give the customers given, or those fitted if none are, folded into rows that the model tells apart."""
        return self.answering_model._told_apart(self._asked(frequency, recency, T))

    @abstractmethod
    def simulate(self, T: npt.ArrayLike, *, horizon: float = 0.0, seed: int = 0) -> Simulated:
        """Draw one customer per entry of `T`, with the purchases of the `horizon` that follows."""

    # What a model gives.

    @abstractmethod
    def _likelihood(self, customers: Customers) -> Likelihood:
        """Prepare the likelihood of the customers."""

    @abstractmethod
    def _log_likelihood_rows(self, theta: FloatArray, customers: Customers) -> FloatArray:
        """Give the log-likelihood of each row, without its count."""

    @abstractmethod
    def _alive(self, theta: FloatArray, customers: Customers) -> FloatArray:
        """Give P(alive) of each row."""

    @abstractmethod
    def _moments(self, theta: FloatArray, x: FloatArray, T: FloatArray, t: float) -> tuple[FloatArray, FloatArray]:
        """Give E[N] and E[N (N - 1)] in (T, T + t] of those alive at T."""

    @abstractmethod
    def _tails(self, theta: FloatArray, x: FloatArray, T: FloatArray, t: float) -> Iterator[FloatArray]:
        """Yield P(N >= 1), P(N >= 2), ... in (T, T + t] of those alive at T, without end."""

    @abstractmethod
    def _maximised(self, customers: Customers) -> Estimate:
        """Maximise the likelihood."""

    @abstractmethod
    def _judged(self, customers: Customers) -> tuple[Reason | None, PurchaseModel | None]:
        """Tell whether the maximum is at a boundary, and which simpler model then answers (None: this one)."""

    # How the predictions are put together.

    def _asked(
        self, frequency: npt.ArrayLike | None, recency: npt.ArrayLike | None, T: npt.ArrayLike | None
    ) -> Customers:
        if frequency is not None and recency is not None and T is not None:
            asked = customers_of(frequency, recency, T)
            if not len(asked.T):
                raise NotEnoughData(Reason("no_customers", mark("No customer is given to foretell.")))
            return asked
        if frequency is not None or recency is not None or T is not None:
            raise InvalidInput(
                Reason("columns_missing", mark("Give frequency, recency and T together, or none of them."))
            )
        if self._customers is None:
            template = mark("{model} was not fitted to customers: give frequency, recency and T.")
            raise InvalidInput(Reason("customers_missing", template, {"model": self.name}))
        return self._customers

    def _none(self, theta: FloatArray, asked: Customers, later: Customers) -> FloatArray:
        change = self._log_likelihood_rows(theta, later) - self._log_likelihood_rows(theta, asked)
        return np.exp(np.minimum(change, 0.0))

    def _told_apart(self, asked: Customers) -> Customers:
        return asked

    def _moments_of_rows(self, theta: FloatArray, asked: Customers, t: float) -> tuple[FloatArray, FloatArray]:
        x, T, codes = asked.ages
        mean, second = self._moments(theta, x, T, t)
        return mean[codes], second[codes]

    def _parameter_draws(self, rows: int) -> FloatArray:
        count = min(_PARAMETER_DRAW_ROWS // max(rows, 1), _MOST_PARAMETER_DRAWS)
        if count < 8 or self._estimate is None:
            return self._theta[None, :]
        return self._estimate.resample(count)

    def _quantiles(self, asked: Customers, t: float, level: float) -> tuple[IntArray, IntArray]:
        tail = (1 - level) / 2
        low, high, high_from_zero = np.zeros((3, len(asked.T)), dtype=np.int64)
        draws = self._parameter_draws(len(asked.T))
        alive = np.array([self._alive(theta, asked) for theta in draws])
        # Rows that need equally many steps stand together, so that no chunk waits for a single big customer.
        order = np.argsort(alive.mean(axis=0) * (asked.frequency + 0.5) / (asked.T + self._theta[1]))
        for rows in np.array_split(order, -(-len(order) * len(draws) // _CHUNK_ROWS)):
            tails = [self._tails(theta, asked.frequency[rows], asked.T[rows], t) for theta in draws]
            for step in zip(*tails, strict=True):
                reached = np.mean([p * given for p, given in zip(alive[:, rows], step, strict=True)], axis=0)
                low[rows] += reached > 1 - tail
                high[rows] += reached > tail
                high_from_zero[rows] += reached > 2 * tail
                if not (reached > tail).any():
                    break
        return low, np.where(low > 0, high, high_from_zero)


def maximise_purchases(
    model: PurchaseModel, customers: Customers, starts: list[list[float]], bounds: list[tuple[float, float]]
) -> Estimate:
    """Maximise a purchase model's likelihood; many rows are climbed on a thinned part first."""
    coarse = None
    if len(customers.T) > 2 * _COARSE_ROWS:
        coarse = of_logarithms(model._likelihood(customers.thinned(_COARSE_ROWS)))
    return maximise(
        of_logarithms(model._likelihood(customers)),
        names=model.symbols,
        starts=starts,
        bounds=bounds,
        coarse=coarse,
        rows=len(customers.T),
    )


def rate_bounds(customers: Customers) -> list[tuple[float, float]]:
    """Give the bounds of r and alpha; alpha's are wide enough that r is always the one to be bound."""
    slowest = 1.0 / customers.rate + customers.mean_age
    return [(1e-4, HIGHEST_SHAPE), (1e-7 * slowest, 1e3 * HIGHEST_SHAPE * slowest)]


def negative_binomial_tails(shape: FloatArray, odds: FloatArray) -> Iterator[FloatArray]:
    """Yield P(N >= 1), P(N >= 2), ... of a negative binomial number with mean shape * odds, without end."""
    log_mass = -shape * np.log1p(odds)
    log_step = np.log(np.maximum(odds, 1e-300)) - np.log1p(odds)
    below = np.exp(log_mass)
    number = 0
    while True:
        yield np.clip(1.0 - below, 0.0, 1.0)
        log_mass = log_mass + np.log((shape + number) / (number + 1)) + log_step
        number += 1
        below = below + np.exp(log_mass)


def _check_time(t: float) -> None:
    if not (np.isfinite(t) and t >= 0):
        raise InvalidInput(
            Reason("time_invalid", mark("A length of time must be a number of at least 0, not {t}."), {"t": t})
        )
