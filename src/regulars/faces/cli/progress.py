"""A progress bar on the terminal's error channel; nothing where nobody watches."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from regulars.kit.progress import Progress, silent


@contextlib.contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Progress]:
    """Yield a progress that draws a bar, or a silent one if `quiet` or if the error channel is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def show(doing: str, done: float) -> None:
            bar.update(task, description=doing, completed=done)

        yield show
