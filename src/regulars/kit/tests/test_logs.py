"""A log tells what happened, and nothing that somebody wrote."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

CANARY = "ines.kovac@example.com"

PROGRAM = f"""
import logging, structlog
from regulars.kit.logs import configure
configure({{"form": FORM, "level": "info"}})
structlog.get_logger("regulars.here").info("order_kept", order=7)
structlog.get_logger("regulars.here").debug("not told")
try:
    raise ValueError("{CANARY}")
except ValueError:
    logging.getLogger("library").exception("it broke")
    structlog.get_logger("regulars.here").exception("it_broke")
logging.getLogger("django.request").error("Internal Server Error: %s", "/customers/{CANARY}")
logging.getLogger("procrastinate.worker").error(
    "Job imports.run[3](email={CANARY}) ended", extra={{"action": "job_error",
    "job": {{"id": 3, "task_name": "imports.run", "task_kwargs": {{"email": "{CANARY}"}}}}}})
logging.getLogger("procrastinate.worker").info("Job imports.run[3](email={CANARY}) starts", extra={{"action": "start"}})
"""


def said(form: str) -> list[str]:
    program = PROGRAM.replace("FORM", repr(form))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_in_json_each_line_is_one_happening() -> None:
    lines = [json.loads(line) for line in said("json")]
    assert [line["event"] for line in lines] == ["order_kept", "it broke", "it_broke", "job_error"]
    kept, _, broke, job = lines
    assert kept["order"] == 7
    assert kept["level"] == "info"
    assert kept["logger"] == "regulars.here"
    assert kept["timestamp"].endswith("Z")
    assert broke["error"] == "ValueError"
    assert broke["where"][-1].endswith("in <module>")
    assert (job["job"], job["task"]) == (3, "imports.run")


@pytest.mark.parametrize("form", ["json", "text"])
def test_what_somebody_wrote_is_in_no_line(form: str) -> None:
    lines = said(form)
    assert len(lines) >= 4
    assert [line for line in lines if CANARY in line] == []


def test_the_planted_canary_would_be_seen_in_an_ordinary_log() -> None:
    # The positive control: what the standard library says of the same exception.
    error = ValueError(CANARY)
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "it broke", None, (type(error), error, None))
    assert CANARY in logging.Formatter().format(record)


def test_a_module_that_is_missing_is_named() -> None:
    program = (
        "import logging; from regulars.kit.logs import configure; configure({'form': 'json', 'level': 'info'})\n"
        "try:\n    import no_such_module\nexcept ImportError:\n    logging.getLogger('x').exception('it broke')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "no_such_module" in json.loads(done.stderr)["error"]
