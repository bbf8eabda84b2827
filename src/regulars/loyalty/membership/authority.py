"""What somebody may give or take by hand, as the programme's document says."""

from __future__ import annotations

from regulars.kit.errors import DomainError
from regulars.kit.formats import number
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.program import PROGRAM_ROLE
from regulars.loyalty.membership.contracts import Authority


class AboveAuthority(DomainError):
    """So many points are more than somebody of this role may give or take; `limit` is how many are not."""

    code = "above_authority"

    def __init__(self, points: int, limit: int, *, of_day: bool = False) -> None:
        text = gettext("{points} points are more than you may give or take at once, which is {limit}.")
        if of_day:
            text = gettext("With this it is {points} points within a day; you may give or take {limit} of one member.")
        super().__init__(text.format(points=number(points), limit=number(limit)))
        self.points, self.limit = points, limit


class NotAPerson(DomainError):
    """A second person decides what waits for one; a program is none."""

    code = "not_a_person"


def limit_of(version: ProgramVersion, authority: Authority) -> int:
    """Return how many points somebody may give or take at once; none where the programme leaves the role out."""
    return version.document.authority.by_role.get(authority.role, 0)


def check_limit(points: int, version: ProgramVersion, authority: Authority, *, of_day: bool = False) -> None:
    """Refuse what is above somebody's limit; points that are taken count as those that are given.

    `of_day` tells that they are all that the same person has given or taken of a member within a day.

    Raises
    ------
    AboveAuthority
        It is.
    """
    limit = limit_of(version, authority)
    if abs(points) > limit:
        raise AboveAuthority(abs(points), limit, of_day=of_day)


def check_second(points: int, version: ProgramVersion, authority: Authority) -> None:
    """Refuse that somebody decides what another person has asked for, who may not have asked for it themselves.

    Raises
    ------
    NotAPerson
        A program would decide.
    AboveAuthority
        It is above the limit.
    """
    if authority.role == PROGRAM_ROLE:
        raise NotAPerson(gettext("A person decides about what waits for a second one; a program does not."))
    check_limit(points, version, authority)


def waits_for_second(points: int, version: ProgramVersion) -> bool:
    """Tell whether so many points wait until a second person approves."""
    second_above = version.document.authority.second_above
    return second_above is not None and abs(points) > second_above
