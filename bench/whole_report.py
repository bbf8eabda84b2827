"""The whole report in a process of its own: its memory, and where its time goes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from bench.measure import Finding, Limit, Note, timed
from bench.shop import Shop

MOST_GB = 1.5


def report(shop: Shop) -> Iterator[Finding]:
    """Write all outputs of the report on the whole file."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.report_process", str(shop.path), folder]
        done, wall_seconds = timed(lambda: subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True))
    steps = json.loads(done.stdout)
    for step in steps:
        yield Note(f"  {step['seconds']:7.1f} s  {step['peak_gb']:.2f} GB  {step['doing']}")
    yield Note(f"Whole report: {wall_seconds:.1f} s")
    yield Limit("Whole report, peak resident memory", max(step["peak_gb"] for step in steps), MOST_GB, "GB")
