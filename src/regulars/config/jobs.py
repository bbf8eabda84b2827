"""Where jobs are defined: the whole list. A worker imports these modules, and does what they register.

A feature's `jobs.py` registers its jobs with `procrastinate.contrib.django.app`: `@app.task(name="feature.verb")`,
below `@app.periodic(cron=…)` for what comes again by the clock. A job may be killed half way and is then done again
from its beginning, so it is written to allow that; its arguments are ids, never what people wrote.
"""

from __future__ import annotations

JOBS = (
    "regulars.stream.jobs",
    "regulars.staff.jobs",
    "regulars.orders.jobs",
    "regulars.loyalty.ledger.jobs",
    "regulars.loyalty.rewards.jobs",
    "regulars.loyalty.nights.jobs",
    "regulars.loyalty.facts.jobs",
    "regulars.insights.jobs",
    "regulars.insights.reports.jobs",
    "regulars.imports.jobs",
    "regulars.exports.jobs",
    "regulars.faces.api.jobs",
    "regulars.faces.console.jobs",
)
