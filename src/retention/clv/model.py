"""What every model of this package shares: its parameters, and the answers of its likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from retention.clv.inference import Estimate, FloatArray
from retention.reasons import InvalidInput, NotEnoughData, Reason, mark


class FittedModel:
    """A model with positive parameters that are fitted, or given.

    Parameters
    ----------
    params : mapping of str to float, optional
        Known parameters by the papers' symbols, each > 0; without them the model waits for `fit`.

    Attributes
    ----------
    name : str
        What people call the model.
    symbols : tuple of str
        The parameters' symbols in the papers' order.
    boundary : Reason or None
        Why a simpler model answers, or None.
    """

    name: ClassVar[str]
    symbols: ClassVar[tuple[str, ...]]
    boundary: Reason | None = None

    def __init__(self, params: Mapping[str, float] | None = None) -> None:
        self._estimate: Estimate | None = None
        self._params: dict[str, float] | None = None if params is None else self._checked(params)

    @property
    def params(self) -> dict[str, float]:
        """The parameters by symbol.

        Raises
        ------
        NotEnoughData
            Before `fit`, if none were given.
        """
        if self._params is None:
            raise _not_fitted(self.name)
        return dict(self._params)

    @property
    def is_fitted(self) -> bool:
        """Whether the parameters come from data, so that their uncertainty is known."""
        return self._estimate is not None

    @property
    def log_likelihood(self) -> float:
        """The log-likelihood at its maximum."""
        return self.estimate.log_likelihood

    @property
    def standard_errors(self) -> dict[str, float]:
        """Laplace's standard errors by symbol; NaN for a parameter that the data do not tell."""
        return self.estimate.standard_errors

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 k - 2 LL: smaller is better."""
        return 2.0 * len(self.symbols) - 2.0 * self.log_likelihood

    @property
    def effective_sample_size(self) -> float:
        """The effective number of importance draws behind `intervals`."""
        return self.estimate.effective_sample_size

    def intervals(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Give the interval of each parameter by importance sampling; NaN where the data do not tell it."""
        return self.estimate.intervals(level)

    @property
    def estimate(self) -> Estimate:
        """The maximum of the likelihood and its surroundings; raises `NotEnoughData` before `fit`."""
        if self._estimate is None:
            raise _not_fitted(self.name)
        return self._estimate

    @property
    def _theta(self) -> FloatArray:
        return np.array([self.params[symbol] for symbol in self.symbols])

    def _adopt(self, estimate: Estimate) -> None:
        self._estimate = estimate
        self._params = estimate.params

    def _checked(self, params: Mapping[str, float]) -> dict[str, float]:
        values = {symbol: float(params.get(symbol, np.nan)) for symbol in self.symbols}
        if set(params) != set(self.symbols) or not all(np.isfinite(v) and v > 0 for v in values.values()):
            template = mark("{model} takes the positive parameters {symbols}, not {given}.")
            given = {"model": self.name, "symbols": ", ".join(self.symbols), "given": dict(params)}
            raise InvalidInput(Reason("parameters_invalid", template, given))
        return values


def _not_fitted(name: str) -> NotEnoughData:
    return NotEnoughData(Reason("not_fitted", mark("{model} must be fitted to data first."), {"model": name}))
