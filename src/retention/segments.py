"""The eleven usual segments, by one table over the scores.

The rule reads two things from the three scores of a customer: r, and the mean of f and m. `CELLS` holds the segment of
each combination, so that it is complete and nothing overlaps.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis.expr.types import Table

from retention.reasons import InvalidInput, Reason, mark

SEGMENTS = (
    "champions",
    "loyal",
    "potential_loyalists",
    "new",
    "promising",
    "need_attention",
    "about_to_sleep",
    "at_risk",
    "cannot_lose",
    "hibernating",
    "lost",
)

# Each line is one r; each place one mean of f and m: 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5.
_INITIALS = {
    "Ch": "champions",
    "Lo": "loyal",
    "Po": "potential_loyalists",
    "Ne": "new",
    "Pr": "promising",
    "At": "need_attention",
    "Sl": "about_to_sleep",
    "Ri": "at_risk",
    "Ca": "cannot_lose",
    "Hi": "hibernating",
    "XX": "lost",
}
_TABLE = {
    5: "Ne Ne Po Po Po Lo Ch Ch Ch",
    4: "Pr Pr Po Po Po Lo Lo Ch Ch",
    3: "Sl Sl At At At Lo Lo Lo Lo",
    2: "Hi Hi Sl Sl Ri Ri Ri Ri Ri",
    1: "XX XX Hi Hi Ri Ri Ca Ca Ca",
}

CELLS: Mapping[tuple[int, int], str] = MappingProxyType(
    {
        (r, f_plus_m): _INITIALS[initials]
        for r, line in _TABLE.items()
        for f_plus_m, initials in enumerate(line.split(), start=2)
    }
)
"""The segment of each (r, f + m)."""


def segment_of(r: int, f: int, m: int) -> str:
    """Return the segment of one customer's scores.

    Parameters
    ----------
    r, f, m : int
        Scores from 1 (worst) to 5 (best), as `rfm.score` gives them.

    Returns
    -------
    str
        One of `SEGMENTS`.

    Raises
    ------
    InvalidInput
        A score is not between 1 and 5.

    Examples
    --------
    >>> segment_of(5, 5, 4), segment_of(1, 5, 5), segment_of(5, 1, 2)
    ('champions', 'cannot_lose', 'new')
    """
    if not all(1 <= score <= 5 for score in (r, f, m)):
        raise InvalidInput(
            Reason("bad_scores", mark("Scores are 1 to 5, not {r}, {f} and {m}."), {"r": r, "f": f, "m": m})
        )
    return CELLS[r, f + m]


def assign(scored: Table) -> Table:
    """Add the segment of each customer.

    Parameters
    ----------
    scored : Table
        One row per customer with the scores `r`, `f` and `m`, int64 from 1 to 5 (`rfm.score`).

    Returns
    -------
    Table
        The same rows and columns with `segment` string, one of `SEGMENTS`; null where a score is not between 1 and 5.

    Examples
    --------
    >>> import ibis
    >>> assign(ibis.memtable({"r": [3], "f": [1], "m": [2]})).segment.to_pyarrow().to_pylist()
    ['about_to_sleep']
    """
    cell = scored.r * 100 + scored.f + scored.m
    scores_are_valid = scored.f.between(1, 5) & scored.m.between(1, 5)
    cells_of = {name: [r * 100 + sum_ for (r, sum_), segment in CELLS.items() if segment == name] for name in SEGMENTS}
    segment = ibis.cases(*((cell.isin(cells), name) for name, cells in cells_of.items()))
    return scored.mutate(segment=scores_are_valid.ifelse(segment, ibis.null("string")))


def names_of(r: npt.NDArray[np.int64], f: npt.NDArray[np.int64], m: npt.NDArray[np.int64]) -> pa.Array:
    """Return the segments that `assign` gives, as strings, for arrays of scores from 1 to 5."""
    cells = np.zeros((6, 11), np.int8)
    for (each_r, f_plus_m), name in CELLS.items():
        cells[each_r, f_plus_m] = SEGMENTS.index(name)
    return pa.DictionaryArray.from_arrays(cells[r, f + m], SEGMENTS).cast(pa.string())
