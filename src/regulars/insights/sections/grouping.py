"""Groups of customers by what is known of each: by its common values, by quarters of its range, by each of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from regulars.facts.contracts import NUMERIC, FactType
from regulars.facts.language.tree import write_number
from regulars.insights.cohorts import Kind
from retention.cohorts import LEFT_OUT
from retention.in_memory.state import EPOCH

MOST_VALUES = 8
# A text, number or day that fewer share may tell of a person; it goes with the others, or into a quarter.
FEWEST_ALIKE = 5
QUARTERS = ("1", "2", "3", "4")

Groups = NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a group is: its kind and value; where it is a stretch, over what and up to what, as texts."""

    kind: Kind
    value: str = ""
    over: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """The groups that an attribute makes, and who is in which.

    `parts` are the groups of each of `groups`, by the numbers in it; of these there are several where a customer can be
    in more than one group.
    """

    name: str
    type: str
    overlaps: bool = False
    parts: Sequence[Sequence[Part]]
    groups: Sequence[Groups]


def group_by_fact(name: str, kind: FactType, values: pa.Array, among: NDArray[np.bool_]) -> Grouping:
    """Group customers by a fact: `values` has one for each, null where it is not known.

    Those who are not `among` the ones that are looked at have groups too, but do not tell which values are common.
    """
    if kind is FactType.TEXTS:
        return _by_lists(name, values, among)
    if kind is FactType.BOOLEAN:
        return group_by_values(name, kind.value, values.cast(pa.string()), among, order=("true", "false"))
    if kind in NUMERIC or kind is FactType.DAY:
        return _by_numbers(name, kind, values, among)
    fewest = FEWEST_ALIKE if kind is FactType.TEXT else 1
    return group_by_values(name, kind.value, values, among, fewest=fewest)


def group_by_values(
    name: str,
    kind: str,
    values: pa.Array,
    among: NDArray[np.bool_],
    *,
    fewest: int = 1,
    order: Sequence[str] | None = None,
) -> Grouping:
    """Group customers by texts: the most common ones, or those of an `order`; all others; and who has none."""
    told = order if order is not None else _common(values.filter(pa.array(among)), fewest)
    place = pc.index_in(values, value_set=pa.array(told, pa.string())).fill_null(len(told)).to_numpy()
    number = np.where(values.is_null().to_numpy(zero_copy_only=False), len(told) + 1, place).astype(np.int8)
    parts = [*(Part(kind=Kind.VALUE, value=value) for value in told), Part(kind=Kind.OTHERS), Part(kind=Kind.UNKNOWN)]
    return Grouping(name=name, type=kind, parts=[parts], groups=[number])


def group_by_quarters(
    name: str, kind: FactType, numbers: NDArray[np.float64], among: NDArray[np.bool_], tell: Callable[[float], str]
) -> Grouping:
    """Group customers by which quarter of those looked at their number is in, NaN being none; equal ones are in one."""
    known = numbers[among & ~np.isnan(numbers)]
    cuts = quarter_cuts(known) if len(known) else ()
    bounds = [None, *map(tell, cuts), None]
    parts = [
        *(
            Part(kind=Kind.VALUE, value=quarter, over=over, until=until)
            for quarter, over, until in zip(QUARTERS, bounds, bounds[1:], strict=False)
        ),
        Part(kind=Kind.UNKNOWN),
    ]
    quarter = np.searchsorted(np.array(cuts), numbers, side="left")
    number = np.where(np.isnan(numbers), len(parts) - 1, quarter).astype(np.int8)
    return Grouping(name=name, type=kind.value, parts=[parts], groups=[number])


def quarter_cuts(numbers: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the smallest numbers that a quarter, two and three quarters of them do not exceed."""
    places = np.ceil(np.arange(1, 4) * len(numbers) / 4).astype(int) - 1
    return tuple(np.sort(numbers)[places].tolist())


def _common(values: pa.Array, fewest: int) -> list[str]:
    """Return the values that most have, the most common first, of as many the lesser first."""
    counted = pc.value_counts(values.drop_null()).to_pylist()
    ranked = sorted((-each["counts"], each["values"]) for each in counted if each["counts"] >= fewest)
    return [value for _, value in ranked[:MOST_VALUES]]


def _by_numbers(name: str, kind: FactType, values: pa.Array, among: NDArray[np.bool_]) -> Grouping:
    """Group by each number where there are few, else by quarters; where few are known, they are all in one group."""
    if kind is FactType.DAY:
        values = values.cast(pa.int32())
    numbers = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    tell = _tell_day if kind is FactType.DAY else _tell_number
    few, counts = np.unique(numbers[among & ~np.isnan(numbers)], return_counts=True)
    if counts.sum() < len(QUARTERS) * FEWEST_ALIKE:
        few = few[:0]
    elif len(few) > MOST_VALUES or counts.min() < FEWEST_ALIKE:
        return group_by_quarters(name, kind, numbers, among, tell)
    place = np.searchsorted(few, numbers)
    is_other = np.append(few, np.nan)[place] != numbers
    number = np.where(np.isnan(numbers), len(few) + 1, np.where(is_other, len(few), place)).astype(np.int8)
    parts = [
        *(Part(kind=Kind.VALUE, value=tell(each)) for each in few.tolist()),
        Part(kind=Kind.OTHERS),
        Part(kind=Kind.UNKNOWN),
    ]
    return Grouping(name=name, type=kind.value, parts=[parts], groups=[number])


def _by_lists(name: str, values: pa.Array, among: NDArray[np.bool_]) -> Grouping:
    """Group by each of the most common texts, of which a customer may have several; by others alone; by none."""
    flat, owner = pc.list_flatten(values), pc.list_parent_indices(values).to_numpy()
    codes = flat.dictionary_encode()
    # Who has a text twice has it once.
    pairs = np.unique(np.stack([codes.indices.to_numpy(), owner]), axis=1)
    once = codes.dictionary.take(pa.array(pairs[0][among[pairs[1]]]))
    told = _common(once, FEWEST_ALIKE)
    place = pc.index_in(flat, value_set=pa.array(told, pa.string())).fill_null(LEFT_OUT).to_numpy()
    groups = []
    rest = np.full(len(values), 1, np.int8)
    rest[owner] = 0
    rest[owner[place != LEFT_OUT]] = LEFT_OUT
    for number in range(len(told)):
        has_it = np.full(len(values), LEFT_OUT, np.int8)
        has_it[owner[place == number]] = 0
        groups.append(has_it)
    parts = [[Part(kind=Kind.VALUE, value=value)] for value in told]
    others = [Part(kind=Kind.OTHERS), Part(kind=Kind.UNKNOWN)]
    return Grouping(name=name, type=FactType.TEXTS.value, overlaps=True, parts=[*parts, others], groups=[*groups, rest])


def _tell_day(number: float) -> str:
    return (EPOCH + timedelta(days=int(number))).isoformat()


def _tell_number(number: float) -> str:
    return str(int(number)) if number.is_integer() else write_number(number)
