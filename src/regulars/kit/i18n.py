"""Languages: find the text of a message in the reader's language.

English is the language of the source. Each other language is one `.po` file under `locale/`, compiled by make. Strings
are marked with `gettext` (or `ngettext`), those of the retention library with `retention.reasons.mark`.
"""

from __future__ import annotations

import gettext as _gettext
import os
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LOCALE_DIR = Path(__file__).parent.parent / "locale"
# Django reads catalogues of this name only; one catalogue serves its templates and all else.
DOMAIN = "django"
LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}

_active: ContextVar[str] = ContextVar("language", default="en")


@cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    return _gettext.translation(DOMAIN, LOCALE_DIR, languages=[language], fallback=language == "en")


def activate(language: str) -> None:
    """Make `language` (a key of `LANGUAGES`) the language of this context.

    Raises
    ------
    KeyError
        It is not one of ours.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    _active.set(language)


def language() -> str:
    """Return the active language."""
    return _active.get()


def preferred_language() -> str:
    """Return the first of our languages that the environment asks for (POSIX order), else English."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        for wish in os.environ.get(name, "").split(":"):
            short = wish.replace("-", "_").split("_")[0].split(".")[0].lower()
            if short in LANGUAGES:
                return short
    return "en"


def gettext(message: str) -> str:
    """Return `message` in the active language."""
    return _catalogue(_active.get()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, count: int) -> str:
    """Return the form of the message for `count` in the active language."""
    return _catalogue(_active.get()).ngettext(singular, plural, count)


def pgettext(context: str, message: str) -> str:
    """Return `message` as it is said in `context` (for words that differ by where they stand)."""
    return _catalogue(_active.get()).pgettext(context, message)


def mark(message: str) -> str:
    """Return `message` as it is, so that it is collected for translation; it is put through `gettext` when shown."""
    return message
