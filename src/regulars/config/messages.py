"""Collect the texts of Django's templates into the catalogues; `make messages` names this function to Babel."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from io import BytesIO
from typing import IO, Any

from babel.messages.extract import extract_python
from django.utils.translation.template import templatize


def extract_django(
    file: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Any
) -> Iterator[tuple[Any, ...]]:
    """Yield the texts of one template: Django turns it into calls of gettext, and Babel reads those."""
    calls = templatize(file.read().decode("utf-8"))
    # What stands between the calls is filler whose indentation means nothing, and Python's reader minds it.
    level = "\n".join(line.strip() for line in calls.splitlines())
    yield from extract_python(BytesIO(level.encode("utf-8")), keywords, comment_tags, options)
