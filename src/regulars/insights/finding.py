"""All that a run finds: a snapshot, the scores on it, and what is further to be known of the customers.

The science is loaded while the snapshot is written, which takes about as long.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

from regulars.insights.asking import Asked, Further, PutInPlace
from regulars.insights.lake.ahead import ReadAhead
from regulars.insights.lake.writing import write_snapshot
from regulars.kit.progress import Progress, part_of

_SNAPSHOT = 0.1


def find(asked: Asked, folder: Path, *, put_in_place: PutInPlace, progress: Progress) -> Further:
    """Write a snapshot, score all customers on it, and go on to what is further to be known of them.

    The scores are staged when `put_in_place` is called. The folder is for what is needed on the way.

    Raises
    ------
    DomainError
        There is nothing to be analysed, or the engine gave up.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        loading = pool.submit(import_module, "regulars.insights.analysing")
        ahead = ReadAhead(folder, asked.business.zone)
        snapshot = write_snapshot(now=asked.now, kept=ahead.begin, progress=part_of(progress, 0.0, _SNAPSHOT))
        loading.result()
    from regulars.insights.analysing import analyse

    steps = part_of(progress, _SNAPSHOT, 1.0)
    return analyse(snapshot, ahead, asked, folder, put_in_place=put_in_place, progress=steps)
