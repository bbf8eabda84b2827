"""A process that serves pages loads nothing of what reads files: there are several of them, on a small server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LARGE = ("ibis", "duckdb", "numpy", "pandas", "pyarrow", "sqlglot")
PROGRAM = f"""
import sys, django
django.setup()
import regulars.config.urls, regulars.config.jobs
if {{how}}:
    import regulars.imports.kinds.orders
print(*(name for name in {LARGE} if name in sys.modules))
"""


def loaded(home: Path, *, reads: bool = False) -> list[str]:
    environment = os.environ | {"REGULARS_HOME": str(home), "DJANGO_SETTINGS_MODULE": "regulars.config.settings"}
    program = PROGRAM.format(how=reads)
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True)
    return done.stdout.split()


def test_what_serves_pages_loads_nothing_large(tmp_path: Path) -> None:
    assert loaded(tmp_path) == []


def test_what_reads_files_would_be_seen(tmp_path: Path) -> None:
    assert "ibis" in loaded(tmp_path, reads=True)
