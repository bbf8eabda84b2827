"""All that a run finds: a snapshot, the scores on it, and what is further to be known of the customers.

The science is loaded while the snapshot is written, which takes about as long.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

from regulars.insights.asking import Asked, Found
from regulars.insights.lake.ahead import ReadAhead
from regulars.insights.lake.writing import write_snapshot
from regulars.kit.progress import Progress, part_of

_SNAPSHOT = 0.1
_FOR_A_SNAPSHOT = ("adbc_driver_postgresql.dbapi", "pyarrow.compute", "pyarrow.dataset", "pyarrow.parquet")
_ENGINE, _SCIENCE = "regulars.insights.lake.reading", "regulars.insights.analysing"


def find(asked: Asked, folder: Path, *, progress: Progress) -> Found:
    """Write a snapshot, score all customers on it, stage the scores, and find what is further to be known of them.

    The folder is for what is needed on the way.

    Raises
    ------
    DomainError
        There is nothing to be analysed, or the engine gave up.
    """
    # What two threads load at once, one may meet in part: what a snapshot needs comes first, then one thread loads.
    for name in _FOR_A_SNAPSHOT:
        import_module(name)
    with ThreadPoolExecutor(max_workers=1) as pool:
        engine, science = (pool.submit(import_module, name) for name in (_ENGINE, _SCIENCE))
        ahead = ReadAhead(folder, asked.business.zone, loaded=engine)
        snapshot = write_snapshot(now=asked.now, kept=ahead.begin, progress=part_of(progress, 0.0, _SNAPSHOT))
        science.result()
    from regulars.insights.analysing import analyse

    steps = part_of(progress, _SNAPSHOT, 1.0)
    return analyse(snapshot, ahead, asked, folder, progress=steps)
