"""Where conditions on customers are asked: with the facts of this business, in its zone and currency, at a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from regulars.business.contracts import Business
from regulars.facts.catalogue import get_catalogue
from regulars.facts.language.binding import Setting, bind
from regulars.facts.language.meaning import Meaning
from regulars.facts.language.moments import Clock
from regulars.facts.language.parser import Parsed, parse
from regulars.facts.language.reading_trees import read_tree


def setting_of(business: Business, *, now: datetime, sees_sensitive: bool = False) -> Setting:
    """Return where conditions are asked in a business, by somebody who sees what is sensitive or does not."""
    clock = Clock(now, business.zone_info)
    return Setting(
        catalogue=get_catalogue(sees_sensitive=sees_sensitive), clock=clock, currency=business.reporting_currency
    )


def read_condition(told: str | dict[str, Any]) -> Parsed:
    """Return the tree of a condition that is told as a text or as JSON data.

    Raises
    ------
    WrongCondition
        It is none.
    """
    return parse(told) if isinstance(told, str) else Parsed(read_tree(told), {})


def understand(parsed: Parsed, setting: Setting) -> Meaning:
    """Return what a condition means.

    Raises
    ------
    WrongCondition
        It cannot be meant.
    """
    return bind(parsed.tree, setting, parsed.places)
