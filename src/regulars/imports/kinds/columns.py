"""What a user may say of columns: roles of orders, and fields of people and goods, by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regulars.intake.contracts import Role
from regulars.intake.fields import Field
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext


class UnknownRole(DomainError):
    """A column was to be something that there is not in such a file."""

    code = "unknown_role"


def split_wishes(columns: Mapping[str, str], fields: Sequence[Field]) -> tuple[dict[Role, str], dict[Field, str]]:
    """Return which columns the user gives which roles of orders, and which fields.

    Raises
    ------
    UnknownRole
        A name is neither.
    """
    roles = {Role(name): column for name, column in columns.items() if name in list(Role)}
    return roles, pick_fields({name: column for name, column in columns.items() if name not in list(Role)}, fields)


def pick_fields(columns: Mapping[str, str], fields: Sequence[Field], others: Sequence[str] = ()) -> dict[Field, str]:
    """Return which columns the user gives which fields; `others` are names that may stand beside them.

    Raises
    ------
    UnknownRole
        A name is none of them.
    """
    for name in columns:
        if name not in fields and name not in others:
            raise UnknownRole(
                gettext("A column cannot be {name} in such a file; it can be {names}.").format(
                    name=repr(name), names=", ".join([*fields, *others])
                )
            )
    return {Field(name): column for name, column in columns.items() if name in fields}
