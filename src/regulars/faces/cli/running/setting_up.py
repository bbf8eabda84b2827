"""Read the installation, and let Django know of it; what is wrong ends in one sentence."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

import django
import typer

from regulars.kit.errors import DomainError
from regulars.kit.installation import Installation, read_installation

SETTINGS = "regulars.config.settings"
WRONG_USE = 2


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn what the user can mend into one sentence and exit code 2."""
    try:
        yield
    except DomainError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(WRONG_USE) from None


def installation() -> Installation:
    """Return what the environment describes."""
    return read_installation(os.environ)


def set_up_django() -> None:
    """Make the features usable in this process."""
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    # What is loaded stays: looking through it for garbage takes a sixth of the time of loading, and time later too.
    gc.disable()
    django.setup()
    gc.freeze()
    gc.enable()
