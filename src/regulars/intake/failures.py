"""What the engine or the disk fails with in the midst of the work, as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _


class OutOfRoom(DomainError):
    """Memory or disk do not suffice."""

    code = "out_of_room"


class ReadingFailed(DomainError):
    """The engine failed in the midst, for no reason that we foresaw."""

    code = "reading_failed"


@contextmanager
def failures_explained() -> Iterator[None]:
    """Turn what the engine or the disk fails with in the midst into a sentence."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise OutOfRoom(
            _("The memory that may be used does not suffice for these files: {why}").format(why=_first_line(error))
        ) from error
    except (duckdb.IOException, OSError) as error:
        raise OutOfRoom(
            _("What is laid out on disk while the files are read cannot be written or read: {why}").format(
                why=_first_line(error)
            )
        ) from error
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except duckdb.Error as error:
        raise ReadingFailed(_("The files cannot be read: {why}").format(why=_first_line(error))) from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
