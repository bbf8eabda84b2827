"""The book: every customer's row in memory, kept true while days come in, late ones included."""

from __future__ import annotations

import itertools
from dataclasses import fields
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr.types import Table

from retention.calendar import start_of
from retention.purchases import STATE_COLUMNS
from retention.reasons import InvalidInput, Reason, mark
from retention.rfm.days import Days, DayStore, Folded, Int32s, fold, is_purchase
from retention.rfm.state import Grain, check_grain
from retention.rfm.summary import Unit, days_per

_Rows = dict[str, npt.NDArray[np.signedinteger]]

_EPOCH = date(1970, 1, 1)
_NEVER = np.iinfo(np.int32).min
_GRAIN_KEY = b"regulars.grain"
_NUMBERS = tuple(column.name for column in fields(Folded) if column.name != "customer")
_STATE_SCHEMA = pa.schema(
    [
        ("customer", pa.string()),
        ("day", pa.date32()),
        *((name, pa.int64()) for name in ("orders", "gross_minor", "refunded_minor")),
    ]
)


class RfmBook:
    """The customers' rows, and the days that they are folded from.

    A day that is later than all that is known of a customer is folded into the row as it stands. Anything late (an
    order, a refund, more of the same day) is added to the days, and that customer's row is folded again from its own
    days. In whatever order and portions a state is absorbed, the book equals one that was built from all of it at
    once.

    Parameters
    ----------
    grain : {"day", "week"}
        The grain of the states to be absorbed.

    Examples
    --------
    >>> from datetime import date
    >>> import pyarrow as pa
    >>> def one_day(day, gross, refunded=0):
    ...     return pa.table({"customer": ["ann"], "day": [day], "orders": [1 if gross else 0], "gross_minor": [gross],
    ...                      "refunded_minor": [refunded]})
    >>> book = RfmBook()
    >>> book.absorb(one_day(date(2024, 5, 2), 1000))
    >>> book.absorb(one_day(date(2024, 5, 9), 3000))
    >>> book.summary(as_of=date(2024, 5, 10))["frequency"].to_pylist()
    [1]
    >>> book.absorb(one_day(date(2024, 5, 2), 0, refunded=1000))
    >>> book.summary(as_of=date(2024, 5, 10)).select(["frequency", "first_on"]).to_pylist()
    [{'frequency': 0, 'first_on': datetime.date(2024, 5, 9)}]
    """

    def __init__(self, *, grain: Grain = "day") -> None:
        check_grain(grain)
        self.grain: Grain = grain
        self._numbers: dict[str, int] = {}
        self._names = pa.chunked_array([], pa.string())
        self._days = DayStore()
        self._rows: _Rows = {name: np.zeros(0, np.int32 if name.endswith("_day") else np.int64) for name in _NUMBERS}
        self._last_day = _NEVER

    def __len__(self) -> int:
        """Return how many customers the book knows, those without a purchase left included."""
        return len(self._numbers)

    def absorb(self, state: Table | pa.Table) -> None:
        """Add a state to what the book holds.

        Parameters
        ----------
        state : Table or pyarrow.Table
            What `daily_state` returns for the new rows alone; see there for late lines of an order.

        Raises
        ------
        InvalidInput
            A column is missing.
        """
        days = self._numbered(state if isinstance(state, pa.Table) else state.to_pyarrow())
        if not len(days):
            return
        self._last_day = max(self._last_day, int(days.day.max()))
        in_order = _alone(days.customer) & (days.day > self._rows["seen_day"][days.customer])
        self._days.append(days)
        self._fold_in(days.take(in_order))
        late = np.unique(days.customer[~in_order])
        if len(late):
            self._write(fold(self._days.of(late)))

    def summary(self, *, as_of: date, unit: Unit = "day") -> pa.Table:
        """Return all customers' rows.

        Parameters
        ----------
        as_of : date
            The day up to which T counts, not before the last day absorbed.
        unit : {"day", "week"}
            The unit of `recency` and `T`.

        Returns
        -------
        pyarrow.Table
            The columns and rows of `summarise_state(self.state(), as_of=as_of)`, in no particular order.

        Raises
        ------
        InvalidInput
            `as_of` lies before a day that was absorbed, or the unit is unknown.
        """
        today = ((as_of if self.grain == "day" else start_of(as_of, "week")) - _EPOCH).days
        if today < self._last_day:
            raise InvalidInput(
                Reason("as_of_before_days", mark("The book already knows days after {as_of}."), {"as_of": as_of})
            )
        rows = {name: values[: len(self)] for name, values in self._rows.items()}
        names = self._names
        buyers = rows["purchases"] > 0
        if not buyers.all():
            rows = {name: values[buyers] for name, values in rows.items()}
            names = names.filter(pa.array(buyers))
        return pa.table({"customer": names, **_columns(rows, today, days_per(unit))})

    def state(self) -> pa.Table:
        """Return the state of all that was absorbed: one row per customer and day (or week), in their order."""
        days = self._days.all()
        names = self._names.combine_chunks().take(pa.array(days.customer))
        amounts = (pa.array(values) for values in (days.orders, days.gross_minor, days.refunded_minor))
        return pa.table([names, _dates(days.day), *amounts], schema=_STATE_SCHEMA)

    def save(self, path: Path) -> None:
        """Write the book to one Parquet file; it appears whole or not at all."""
        state = self.state().replace_schema_metadata({_GRAIN_KEY: self.grain.encode()})
        partial = path.with_name(path.name + ".partial")
        pq.write_table(state, partial)
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> RfmBook:
        """Read a book that `save` wrote.

        Raises
        ------
        InvalidInput
            The file was not written by `save`.
        """
        state = pq.read_table(path)
        grain = (state.schema.metadata or {}).get(_GRAIN_KEY, b"").decode()
        if grain not in ("day", "week"):
            raise InvalidInput(Reason("no_book", mark("{path} is no RFM book."), {"path": str(path)}))
        book = cls(grain="day" if grain == "day" else "week")
        book.absorb(state)
        return book

    def _numbered(self, state: pa.Table) -> Days:
        """Return the state's rows, merged, with a number for each customer; new customers get the next ones."""
        absent = [name for name in STATE_COLUMNS if name not in state.column_names]
        if absent:
            template = mark("The table is no daily state: {columns} missing.")
            raise InvalidInput(Reason("no_state", template, {"columns": ", ".join(absent)}))
        columns = state.select(STATE_COLUMNS).cast(_STATE_SCHEMA)
        names = columns["customer"].combine_chunks().dictionary_encode()
        known = len(self._numbers)
        # `len` is read before the entry is made, so that numbers are 0, 1, 2 … in the order of coming.
        number_of = [self._numbers.setdefault(name, len(self._numbers)) for name in names.dictionary.to_pylist()]
        added = list(itertools.islice(reversed(self._numbers), len(self._numbers) - known))[::-1]
        self._make_room(added)
        amounts = (columns[name].to_numpy() for name in STATE_COLUMNS[2:])
        numbers = np.array(number_of, np.int32)[names.indices.to_numpy()]
        return Days(numbers, columns["day"].cast(pa.int32()).to_numpy(), *amounts).merged()

    def _make_room(self, added: list[str]) -> None:
        if added:
            self._names = pa.chunked_array([*self._names.chunks, pa.array(added, pa.string())])
        capacity = len(self._rows["seen_day"])
        if len(self) <= capacity:
            return
        # Growing by more than is needed makes each new customer cheap.
        room = len(self) * 5 // 4 + 1 - capacity
        for name, values in self._rows.items():
            fill = _NEVER if name == "seen_day" else 0
            self._rows[name] = np.concatenate([values, np.full(room, fill, values.dtype)])

    def _fold_in(self, days: Days) -> None:
        """Fold days, one per customer and each after all that is known of him, into the rows as they stand."""
        rows, customer = self._rows, days.customer
        net = days.gross_minor - days.refunded_minor
        rows["seen_day"][customer] = days.day
        for name, amount in (("orders", days.orders), ("revenue_minor", net), ("refunded_minor", days.refunded_minor)):
            rows[name][customer] += amount
        bought = is_purchase(days)
        buyer, day, net = customer[bought], days.day[bought], net[bought]
        first = rows["purchases"][buyer] == 0
        rows["first_day"][buyer[first]] = day[first]
        rows["first_minor"][buyer[first]] = net[first]
        rows["last_day"][buyer] = day
        rows["purchases"][buyer] += 1
        rows["bought_minor"][buyer] += net

    def _write(self, folded: Folded) -> None:
        for name in _NUMBERS:
            self._rows[name][folded.customer] = getattr(folded, name)


def _alone(customer: Int32s) -> npt.NDArray[np.bool_]:
    """Tell which entries of a sorted array occur in it once."""
    alone = np.ones(len(customer), np.bool_)
    same = customer[1:] == customer[:-1]
    alone[1:] &= ~same
    alone[:-1] &= ~same
    return alone


def _columns(rows: _Rows, today: int, per_unit: int) -> dict[str, pa.Array]:
    frequency = rows["purchases"] - 1
    first, last = rows["first_day"], rows["last_day"]
    with np.errstate(invalid="ignore"):
        # Where there is no repeat purchase this is 0 / 0, and null.
        mean = (rows["bought_minor"] - rows["first_minor"]) / frequency
    return {
        "first_on": _dates(first.copy()),
        "last_on": _dates(last.copy()),
        "frequency": pa.array(frequency),
        "recency": _in_units(first, last, per_unit),
        "T": _in_units(first, today, per_unit),
        "days_since_last": pa.array(np.subtract(today, last, dtype=np.int64)),
        "monetary_value_minor": pa.array(mean, mask=frequency == 0),
        **{name: pa.array(rows[name].copy()) for name in ("orders", "revenue_minor", "refunded_minor")},
    }


def _in_units(
    first: npt.NDArray[np.signedinteger], last: npt.NDArray[np.signedinteger] | int, per_unit: int
) -> pa.Array:
    units = np.subtract(last, first, dtype=np.float64)
    if per_unit != 1:
        units /= per_unit
    return pa.array(units)


def _dates(days: npt.NDArray[np.signedinteger]) -> pa.Array:
    return pa.array(days).view(pa.date32())
