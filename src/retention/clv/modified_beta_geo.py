"""MBG/NBD: a customer may leave after each purchase, the first included."""

from __future__ import annotations

from retention.clv.geometric_dropout import GeometricDropout


class ModifiedBetaGeo(GeometricDropout):
    """The modified beta-geometric / NBD model: as BG/NBD, but the first purchase may be the last.

    References
    ----------
    Batislam, E. P., Denizel, M. & Filiztekin, A. (2007). Empirical validation and comparison of models for customer
    base analysis. International Journal of Research in Marketing 24, 201-209. Hoppe, D. & Wagner, U. (2007). Customer
    base analysis: the case for a central variant of the Betageometric/NBD model. Marketing ZFP 29, 75-90. Checked in
    `tests/test_published_figures.py`.

    Examples
    --------
    >>> model = ModifiedBetaGeo(params={"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614})
    >>> round(float(model.probability_alive(frequency=[0.0], recency=[0.0], T=[0.0])[0]), 3)
    0.644
    """

    name = "MBG/NBD"
    first_occasions = 1
