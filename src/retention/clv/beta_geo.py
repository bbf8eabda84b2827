"""BG/NBD: after each repeat purchase a customer may leave."""

from __future__ import annotations

from retention.clv.geometric_dropout import GeometricDropout


class BetaGeo(GeometricDropout):
    """The beta-geometric / NBD model: rates Gamma(r, alpha), probability to leave after a repeat purchase Beta(a, b).

    A customer without a repeat purchase has had no occasion to leave, and is active for sure.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). "Counting your customers" the easy way. Marketing Science 24,
    275-284: equations 6 (likelihood), 9 (a new customer) and 10 (given the history). Checked in
    `tests/test_published_figures.py`.

    Examples
    --------
    >>> model = BetaGeo(params={"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259})
    >>> round(model.expected_new(31.857), 3)
    1.041
    >>> alive = model.probability_alive(frequency=[2.0], recency=[30.43], T=[38.86])
    >>> round(float(alive[0]), 3)
    0.727
    """

    name = "BG/NBD"
    first_occasions = 0
