"""When the data do not show that customers leave, the models of dropout let NBD answer, and say so."""

from __future__ import annotations

from retention.clv.customers import Customers
from retention.clv.nbd import NBD
from retention.clv.purchases import LEAST_GAIN, PurchaseModel
from retention.reasons import Reason, mark


class DropoutModel(PurchaseModel):
    """A purchase model with dropout, which contains NBD as its limit.

    A gain 2 (LL - LL of NBD) below 4 is answered by NBD. Where the gain is real and a parameter is at its bound, or the
    likelihood rises so slowly towards it that the curvature is indefinite (or practically flat), the model's own limit
    (one rate, or one tendency to leave, for all) is the simpler model and answers; the parameters are then not told.
    """

    _nbd: NBD | None = None

    @property
    def gain_over_nbd(self) -> float:
        """Twice the log-likelihood gained over NBD."""
        assert self._nbd is not None  # noqa: S101 (fitted before any model of dropout)
        return 2.0 * (self.log_likelihood - self._nbd.log_likelihood)

    def _without_dropout(self, customers: Customers) -> NBD:
        self._nbd = NBD().fit_customers(customers)
        return self._nbd

    def _judged(self, customers: Customers) -> tuple[Reason | None, PurchaseModel | None]:  # noqa: ARG002
        nbd, gain = self._nbd, self.gain_over_nbd
        values = {
            "model": self.name,
            # Climbing stops a rounding error short of the limit.
            "gain": max(gain, 0.0),
            "least": LEAST_GAIN,
            "parameters": ", ".join(self.estimate.at_bound),
        }
        if gain < LEAST_GAIN:
            template = mark(
                "The data do not show that customers leave: {model} fits hardly better than NBD, which has no dropout "
                "(2ΔLL = {gain:.2f}, less than {least:.0f}). NBD answers."
            )
            return Reason("no_dropout", template, values), nbd
        if self.estimate.indefinite:
            template = mark(
                "The data do not tell the parameters of {model} apart (the curvature is not a maximum's): its "
                "forecasts stand, its parameters do not."
            )
            return Reason("not_identified", template, values), None
        if not self.estimate.at_bound:
            return None, None
        if set(self.estimate.at_bound) & {"r", "alpha"}:
            template = mark(
                "Customers' rates do not differ measurably ({parameters} at its bound): one rate for all answers."
            )
            return Reason("rates_alike", template, values), None
        template = mark(
            "Customers do not differ measurably in their tendency to leave ({parameters} at its bound): one tendency "
            "for all answers."
        )
        return Reason("dropout_alike", template, values), None
