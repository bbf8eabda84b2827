"""Integers of 64 bits that are so in the engine too."""

from __future__ import annotations

import ibis.expr.operations as ops
from ibis.expr.types import IntegerValue, NumericValue


def as_int64(value: NumericValue) -> IntegerValue:
    """Return the value as 64 bits wide in the engine's own storage.

    DuckDB adds up 64-bit integers into 128 bits, which then take twice the room and several times the time in all that
    follows. Ibis takes such a sum for an int64 already, so that its `cast` would do nothing.

    Parameters
    ----------
    value : NumericValue
        Column or aggregate of whole numbers within ±2⁶³; an engine refuses others.

    Returns
    -------
    IntegerValue
        The same numbers, int64.

    Examples
    --------
    >>> import ibis
    >>> day = ibis.table({"amount_minor": "int64"}, name="day")
    >>> "BIGINT" in ibis.to_sql(day.aggregate(total=day.amount_minor.sum().cast("int64")))
    False
    >>> "BIGINT" in ibis.to_sql(day.aggregate(total=as_int64(day.amount_minor.sum())))
    True
    """
    cast: IntegerValue = ops.Cast(value, to="int64").to_expr()
    return cast
