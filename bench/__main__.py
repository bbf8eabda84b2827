"""`python -m bench [MEASURE …]`: run measures and say which targets were missed."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from bench.book import absorb
from bench.fits import bg, pareto
from bench.measure import Finding, machine
from bench.shop import Shop
from bench.summary import rfm
from bench.value import clv
from bench.whole_report import report

MEASURES: Mapping[str, Callable[[Shop], Iterator[Finding]]] = {
    "rfm": rfm,
    "bg": bg,
    "pareto": pareto,
    "clv": clv,
    "report": report,
    "absorb": absorb,
}


def main() -> int:
    """Run the measures that were asked for; 1 where a target was missed."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "measures", nargs="*", metavar="MEASURE", help=f"{', '.join(MEASURES)}; all where none is named"
    )
    parser.add_argument("--customers", type=int, default=1_000_000, help="targets hold for the default of a million")
    parser.add_argument("--orders", type=int, default=10_000_000, help="targets hold for the default of ten millions")
    asked = parser.parse_args()
    unknown = sorted(set(asked.measures) - set(MEASURES))
    if unknown:
        parser.error(f"no such measure: {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    shop = Shop(asked.customers, asked.orders)
    size_mb = shop.path.stat().st_size / 1e6
    print(f"{shop.orders:,} orders of {shop.customers:,} customers, {size_mb:.0f} MB as Parquet", flush=True)
    missed = 0
    for name in asked.measures or MEASURES:
        for finding in MEASURES[name](shop):
            print(finding, flush=True)
            missed += not finding.met
    print(f"{datetime.now(UTC):%Y-%m-%d}, {machine()}")
    print(f"{missed} missed" if missed else "all targets met")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
