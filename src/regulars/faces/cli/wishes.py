"""What is asked of a report on the command line, whatever it is made of: days, a horizon, a margin."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Literal, NoReturn

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _

DAYS_PER = {"d": 1, "": 1, "w": 7, "m": 365.25 / 12}
LONGEST_HORIZON_DAYS = 3660


class WrongOption(DomainError):
    """An option's value is not understood."""

    code = "wrong_option"


def day_or_week(name: str, value: str) -> Literal["day", "week"]:
    """Return the unit that an option names, or refuse it."""
    if value == "day":
        return "day"
    if value != "week":
        refuse(_("{name} is day or week, not {value}."), value, name=name)
    return "week"


def parse_day(name: str, text: str | None) -> date | None:
    """Return the day that an option names, or refuse it."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        refuse(_("{name} takes a day as 2026-11-20, not {value}."), text, name=name)


def parse_horizon(text: str) -> int:
    """Return how many days a report looks ahead, or refuse what is no time."""
    match = re.fullmatch(r"\s*(\d{1,5})\s*([dwm]?)\s*", text.lower())
    days = round(int(match[1]) * DAYS_PER[match[2]]) if match else 0
    if not 1 <= days <= LONGEST_HORIZON_DAYS:
        refuse(_("--horizon takes a time as 90d, 39w or 6m, at most ten years, not {value}."), text)
    return days


def parse_share(text: str) -> float:
    """Return the share that is told as 0.35 or 35%, or refuse it."""
    try:
        share = float(text.rstrip("% ")) / (100 if text.rstrip().endswith("%") else 1)
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        refuse(_("--margin takes a share above 0 and at most 1, as 0.35 or 35%, not {value}."), text)
    return share


def refuse(message: str, value: str, **values: str) -> NoReturn:
    """Say that an option's value is not understood.

    Raises
    ------
    WrongOption
        Always.
    """
    raise WrongOption(message.format(value=value, **values))
