"""Tell which column is what: as the user says, else by its name, else by its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from regulars.intake.contracts import Role
from regulars.intake.names import normalise, ranked
from regulars.intake.values import Shape
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _
from retention.reasons import mark

_NEEDED = (Role.CUSTOMER, Role.DATE, Role.AMOUNT)
_MONEY = (Role.AMOUNT, Role.QUANTITY, Role.PRICE, Role.REFUNDED)
_TITLES = {
    Role.CUSTOMER: mark("customer"),
    Role.DATE: mark("date"),
    Role.AMOUNT: mark("amount"),
}


class UnknownColumn(DomainError):
    """The user named a column that the file does not have."""

    code = "unknown_column"


class ColumnOutOfRange(DomainError):
    """The user gave a position beyond the file's columns."""

    code = "column_out_of_range"


class ColumnTwice(DomainError):
    """The user gave one column two roles."""

    code = "column_twice"


class ColumnNotRecognised(DomainError):
    """No column looks like what is needed."""

    code = "column_not_recognised"


def assign(
    path: Path,
    names: Sequence[str],
    shapes: Sequence[Shape],
    wishes: Mapping[Role, str],
    spread: Callable[[Sequence[int]], Mapping[int, float]],
) -> dict[Role, int]:
    """Return the position (from 0) of the column of each role that the file has.

    `spread` tells how many different values each column holds, as a share of its rows; it is asked only where neither
    the user nor a name tells the customer. An empty wish says that the file has no such column.

    Raises
    ------
        UnknownColumn, ColumnOutOfRange, ColumnTwice, ColumnNotRecognised
    """
    found = {role: position_of(path, names, wish) for role, wish in wishes.items() if wish}
    absent = frozenset(role for role, wish in wishes.items() if not wish)
    twice = next((place for place in found.values() if list(found.values()).count(place) > 1), None)
    if twice is not None:
        raise ColumnTwice(_("The column {name} cannot be two things at once.").format(name=repr(names[twice])))
    _by_name(names, shapes, found, absent)
    _by_value(shapes, found, absent, spread)
    if Role.AMOUNT not in found and Role.PRICE in found and Role.QUANTITY not in found:
        found[Role.AMOUNT] = found.pop(Role.PRICE)
    priced = Role.QUANTITY in found and Role.PRICE in found
    for role in _NEEDED:
        if role not in found and not (role is Role.AMOUNT and priced):
            raise ColumnNotRecognised(_not_recognised(path, names, role))
    return found


def position_of(path: Path, names: Sequence[str], wish: str) -> int:
    """Return the position (from 0) of the column that the user named: by its name, else by its number from 1.

    Raises
    ------
        UnknownColumn, ColumnOutOfRange
    """
    for same in (str.strip, str.casefold, normalise):
        for place, name in enumerate(names):
            if same(name) and same(name) == same(wish.strip()):
                return place
    if not wish.strip().isdecimal():
        raise UnknownColumn(
            _("{path} has no column {wish}; its columns are: {names}.").format(
                path=path, wish=repr(wish), names=_listed(names)
            )
        )
    place = int(wish)
    if not 1 <= place <= len(names):
        raise ColumnOutOfRange(
            _("{path} has {count} columns, so there is no column {place}.").format(
                path=path, count=len(names), place=place
            )
        )
    return place - 1


def _by_name(names: Sequence[str], shapes: Sequence[Shape], found: dict[Role, int], absent: frozenset[Role]) -> None:
    wished = frozenset(found)
    for role in Role:
        if role in absent:
            continue
        # Who sets quantity and price, but no amount, wants their product.
        if role in found or (role is Role.AMOUNT and {Role.QUANTITY, Role.PRICE} <= wished):
            continue
        taken = set(found.values())
        fitting = (place for place in ranked(names, role) if place not in taken and _fits(role, shapes[place]))
        place = next(fitting, None)
        if place is not None:
            found[role] = place
    # In Shopify's export "Name" is the order's; elsewhere it is a person's.
    keys = [normalise(name) for name in names]
    if Role.ORDER not in {*found, *absent} and "name" in keys and any(key.startswith("lineitem") for key in keys):
        found[Role.ORDER] = keys.index("name")


def _fits(role: Role, shape: Shape) -> bool:
    if shape.filled == 0:
        return False
    if role is Role.DATE:
        return shape.date >= 0.5
    if role in _MONEY:
        return shape.number >= 0.5 and (shape.date < 0.9 or shape.weak_date or shape.decimals > 0)
    return True


def _by_value(
    shapes: Sequence[Shape],
    found: dict[Role, int],
    absent: frozenset[Role],
    spread: Callable[[Sequence[int]], Mapping[int, float]],
) -> None:
    free = [place for place in range(len(shapes)) if place not in found.values() and shapes[place].filled]
    if Role.DATE not in {*found, *absent}:
        dates = [place for place in free if shapes[place].date > 0.8]
        if dates:
            found[Role.DATE] = max(dates, key=lambda place: (not shapes[place].weak_date, shapes[place].date, -place))
            free.remove(found[Role.DATE])
    free = [place for place in free if shapes[place].date <= 0.8 or shapes[place].weak_date]
    if Role.CUSTOMER not in {*found, *absent}:
        place = _customer_by_value(free, shapes, spread)
        if place is not None:
            found[Role.CUSTOMER] = place
            free.remove(place)
    if not {Role.AMOUNT, Role.PRICE} & {*found, *absent}:
        numbers = [place for place in free if shapes[place].number > 0.8]
        if numbers:
            found[Role.AMOUNT] = max(numbers, key=lambda place: (shapes[place].decimals > 0.2, place))


def _customer_by_value(
    free: Sequence[int], shapes: Sequence[Shape], spread: Callable[[Sequence[int]], Mapping[int, float]]
) -> int | None:
    """Return the leftmost column of the many values that still repeat, so not a serial number, a price or a colour."""
    plain = [place for place in free if shapes[place].decimals < 0.05]
    if len(plain) < 2:
        return plain[0] if plain else None
    shares = spread(plain)
    repeating = {place: share for place, share in shares.items() if share < 0.98} or shares
    most = max(repeating.values())
    return min(place for place, share in repeating.items() if share >= most / 2)


def _not_recognised(path: Path, names: Sequence[str], role: Role) -> str:
    return _(
        "No column of {path} looks like the {title}; set it with --columns {role}=NAME. The columns are: {names}."
    ).format(path=path, title=_(_TITLES[role]), role=role.value, names=_listed(names))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(name[:40] for name in names[:40])
    return shown + (", …" if len(names) > 40 else "")
