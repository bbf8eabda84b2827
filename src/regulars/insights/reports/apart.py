"""Make a report in a process of its own, as a run is found in one.

`python -m regulars.insights.reports.apart FOLDER` reads from the folder what is asked, and leaves the page and the JSON
in it, or why there are none.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from regulars.business.contracts import Business
from regulars.insights.apart import do_apart, told_apart
from regulars.insights.reports.contracts import NarrowedBy, Narrowing, Wishes
from regulars.kit.i18n import activate
from regulars.kit.progress import Progress

PAGE, JSON = "report.html", "report.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What report is to be made."""

    wishes: Wishes
    as_of: date
    now: datetime
    business: Business


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What is to be known of a report that was made; `named` are the customers in its lists of people."""

    customers: int
    orders: int
    policy: str
    named: tuple[UUID, ...]


def make_apart(asked: Asked, folder: Path, *, progress: Progress) -> Made:
    """Do what `making.make` does, in another process.

    Raises
    ------
    GaveUp
        There is nothing to report on.
    FailedThere
        Something unforeseen was raised.
    OperationalError
        The database was lost there; psycopg's, as from who asks it here.
    DiedOnTheWay
        The process was killed.
    """
    told = told_apart("regulars.insights.reports.apart", asdict(asked), folder, progress=progress)
    return Made(**told | {"named": tuple(UUID(each) for each in told["named"])})


def main(folder: Path) -> None:
    """Make the report that is asked for in a folder, and leave it there."""
    import django

    django.setup()
    from regulars.insights.reports.making import make

    def work(told: dict[str, Any], progress: Progress) -> Mapping[str, Any]:
        asked = asked_of(told)
        activate(asked.business.language)
        return asdict(make(asked, folder, progress=progress))

    do_apart(folder, work)


def asked_of(told: Mapping[str, Any]) -> Asked:
    """Return what was asked, as it was written to the folder."""
    wishes = dict(told["wishes"])
    narrowing = wishes.pop("narrowing")
    if narrowing is not None:
        narrowing = Narrowing(by=NarrowedBy(narrowing["by"]), value=narrowing["value"])
    return Asked(
        wishes=Wishes(**wishes, narrowing=narrowing),
        as_of=date.fromisoformat(told["as_of"]),
        now=datetime.fromisoformat(told["now"]),
        business=Business(**told["business"]),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
