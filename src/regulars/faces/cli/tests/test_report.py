"""`regulars report` as a user meets it: on real files, on wrong ones, and interrupted."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import jsonschema
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from regulars import __version__
from regulars.faces.cli import app
from regulars.report.json_form import json_schema

SAMPLE = files("lifetimes") / "datasets" / "CDNOW_sample.txt"


def regulars(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory):
    """The sample of CDNOW, trained until the published cut; the folder of the results."""
    folder = tmp_path_factory.mktemp("cdnow")
    result = regulars(
        "report",
        SAMPLE,
        *("--columns", "customer=2,date=3,amount=5", "--currency", "USD"),
        *("--train-until", "1997-09-30", "--horizon", "39w", "--language", "en"),
        *("--json", folder / "report.json", "--scores", folder / "scores.parquet"),
    )
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="module")
def cdnow_json(cdnow):
    return json.loads((cdnow / "report.json").read_text())


def test_the_published_figures_come_out_of_the_command(cdnow_json):
    candidates = {candidate["name"]: candidate for candidate in cdnow_json["models"]["purchase"]["candidates"]}
    assert candidates["BG/NBD"]["log_likelihood"] == pytest.approx(-9582.429, abs=1e-3)
    assert candidates["BG/NBD"]["params"] == pytest.approx(
        {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259}, rel=1e-3
    )
    assert candidates["Pareto/NBD"]["log_likelihood"] == pytest.approx(-9594.976, abs=1e-3)
    assert cdnow_json["models"]["spend"]["log_likelihood"] == pytest.approx(-4055.918, abs=1e-3)
    assert cdnow_json["models"]["spend"]["params"] == pytest.approx({"p": 6.25, "q": 3.74, "gamma": 15.44}, rel=2e-3)
    assert cdnow_json["backtest"]["actual"] == 1_882
    assert cdnow_json["metrics"]["customers"] == 2_357


def test_the_rows_add_up(cdnow_json):
    data = cdnow_json["data"]
    assert data["rows"] == data["used"] + sum(count["count"] for count in data["refused"]) == 6_919


def test_the_json_follows_its_schema(cdnow_json):
    jsonschema.validate(cdnow_json, json_schema(), format_checker=jsonschema.FormatChecker())


def test_a_wrong_json_does_not_follow_the_schema(cdnow_json):
    broken = {**cdnow_json, "metrics": {**cdnow_json["metrics"], "customers": "many"}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, json_schema())


def test_rates_and_estimates_have_intervals(cdnow_json):
    for name in (
        "repeat_purchase_rate",
        "retention_rate",
        "churn_rate",
        "revenue_at_stake_minor",
        "clv_expected_minor",
    ):
        estimate = cdnow_json["metrics"][name]
        assert estimate["low"] <= estimate["value"] <= estimate["high"]


def test_a_history_without_a_training_slice_says_that_the_model_answers(cdnow_json):
    assert cdnow_json["risk"]["method"] == "model"
    assert cdnow_json["risk"]["reason"]["code"] == "history_too_short"


def test_the_scores_add_up_to_the_report(cdnow, cdnow_json):
    scores = pq.read_table(cdnow / "scores.parquet")
    metrics = cdnow_json["metrics"]
    assert len(scores) == metrics["customers"]
    assert sum(scores["revenue_minor"].to_pylist()) == metrics["revenue_minor"]
    assert sum(scores["expected_orders"].to_pylist()) == pytest.approx(metrics["expected_orders"]["value"])
    assert sum(scores["at_risk"].to_pylist()) == metrics["customers_at_risk"]
    by_segment = {segment["name"]: segment["customers"] for segment in cdnow_json["segments"]}
    names = scores["segment"].to_pylist()
    assert by_segment == {name: names.count(name) for name in set(names)}


def test_cohorts_begin_with_everybody(cdnow_json):
    assert sum(cohort["size"] for cohort in cdnow_json["cohorts"]) == 2_357
    assert all(cohort["retained"][0] == cohort["size"] for cohort in cdnow_json["cohorts"])


@pytest.fixture
def small(tmp_path):
    """A shop of 30 customers with a guest and a wrong date."""
    lines = ["customer,order,date,amount"]
    lines += [f"c{n % 30},o{n},2025-{1 + n // 30:02d}-{1 + n % 28:02d},{10 + n % 7}.50" for n in range(180)]
    lines += [",o900,2025-03-03,9.99", "c1,o901,yesterday,9.99"]
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(lines))
    return path


def test_without_wishes_the_page_is_written_here(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = regulars("report", small, "--language", "en")
    assert result.exit_code == 0, result.output
    assert "<!doctype html>" in (tmp_path / "regulars-report.html").read_text().lower()[:200]
    assert "regulars-report.html" in result.output


def test_refused_rows_are_written_with_their_reason(small, tmp_path):
    result = regulars("report", small, "--json", tmp_path / "r.json")
    assert result.exit_code == 0, result.output
    with (tmp_path / "r-refused.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert sorted(row["reason"] for row in rows) == ["bad_date", "no_customer"]
    assert [row["row"] for row in sorted(rows, key=lambda row: row["reason"])] == ["182", "181"]


def test_json_can_go_to_the_standard_output(small):
    result = regulars("report", small, "--json", "-")
    assert json.loads(result.stdout)["data"]["rows"] == 182


def test_csv_and_parquet_hold_the_same_scores(small, tmp_path):
    assert regulars("report", small, "--scores", tmp_path / "s.csv").exit_code == 0
    assert regulars("report", small, "--scores", tmp_path / "s.parquet").exit_code == 0
    with (tmp_path / "s.csv").open() as lines:
        by_csv = [row["customer"] for row in csv.DictReader(lines)]
    assert by_csv == pq.read_table(tmp_path / "s.parquet")["customer"].to_pylist()


def test_german_is_spoken(small):
    result = regulars("report", small, "--json", "-", "--language", "de")
    assert "Die Zeile nennt keinen Kunden." in result.stdout or "Kunde" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--columns", "customer=nobody"], "nobody"),
        (["--columns", "colour=1"], "roles"),
        (["--columns", "customer=99"], "99"),
        (["--as-of", "tomorrow"], "tomorrow"),
        (["--as-of", "2001-01-01"], "first order"),
        (["--as-of", "2999-01-01"], "2999"),
        (["--columns", "customer=1,customer=2"], "twice"),
        (["--columns", "customer=1,amount=1"], "two things"),
        (["--encoding", "base64"], "base64"),
        (["--json", ""], "--json"),
        (["--train-until", "2030-01-01"], "2030"),
        (["--horizon", "long"], "long"),
        (["--horizon", "0d"], "0d"),
        (["--margin", "2"], "2"),
        (["--zone", "Mars/Olympus"], "Mars/Olympus"),
        (["--zone", "/etc/passwd"], "passwd"),
        (["--currency", "euro"], "euro"),
        (["--engine", "abacus"], "abacus"),
        (["--unit", "moon"], "moon"),
        (["--grain", "moon"], "moon"),
        (["--decimal", ";"], ";"),
        (["--encoding", "klingon"], "klingon"),
        (["--language", "xx"], "xx"),
        (["--scores", "scores.doc"], "scores.doc"),
        (["--html", "/nowhere/at/all.html"], "/nowhere/at"),
    ],
)
def test_a_wrong_wish_ends_in_one_sentence_and_code_2(small, arguments, sentence):
    result = regulars("report", small, *arguments)
    assert result.exit_code == 2
    assert sentence in result.output
    assert "Traceback" not in result.output
    assert len(result.output.strip().splitlines()) == 1


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02" * 50, b"hello", b"a,b\n1,2\n"])
def test_a_file_without_orders_ends_in_one_sentence_and_code_2(tmp_path, content):
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    result = regulars("report", path)
    assert (result.exit_code, len(result.output.strip().splitlines())) == (2, 1)
    assert not list(tmp_path.glob("*.html"))


def test_a_file_that_is_not_there_ends_in_one_sentence_and_code_2(tmp_path):
    result = regulars("report", tmp_path / "none.csv")
    assert (result.exit_code, len(result.output.strip().splitlines())) == (2, 1)


def test_an_input_is_never_overwritten(small):
    before = small.read_bytes()
    result = regulars("report", small, "--scores", small)
    assert (result.exit_code, small.read_bytes()) == (2, before)
    assert "named twice" in result.output


def test_two_results_cannot_share_a_file(small, tmp_path):
    result = regulars("report", small, "--html", tmp_path / "r.out", "--json", tmp_path / "r.out")
    assert (result.exit_code, (tmp_path / "r.out").exists()) == (2, False)


def test_a_pipe_is_neither_read_nor_replaced(small, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert regulars("report", pipe).exit_code == 2
    assert regulars("report", small, "--html", pipe).exit_code == 2
    assert pipe.is_fifo()


def test_a_link_stays_a_link(small, tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    assert regulars("report", small, "--json", tmp_path / "link.json").exit_code == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["data"]["rows"] == 182


def test_one_customer_with_one_order_is_analysed(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("customer,date,amount\nann,2025-05-05,12.00\n")
    result = regulars("report", path, "--json", "-")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["metrics"]["customers"] == 1
    assert found["models"]["purchase"]["chosen"] is None
    assert found["models"]["purchase"]["why"][0]["code"] == "too_few_customers"


def test_the_version_is_told():
    assert __version__ in regulars("--version").output


def test_help_answers_at_once():
    """Half a second is promised; what the help imports decides, and it is counted rather than timed."""
    program = "import sys, regulars.faces.cli; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"pandas", "ibis", "numpy", "scipy", "rich", "babel"} & set(found.stdout.split())


def test_an_interruption_leaves_nothing_half_written(tmp_path):
    rows = "".join(f"c{n % 5000},o{n},2025-{1 + n % 12:02d}-{1 + n % 28:02d},{n % 90}.10\n" for n in range(300_000))
    (tmp_path / "orders.csv").write_text("customer,order,date,amount\n" + rows)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    work = subprocess.Popen(
        [
            sys.executable,
            "-c",
            # A run of the tests in the background hands down that Ctrl-C is not heard.
            "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
            "from regulars.faces.cli import main; main()",
            "report",
            "orders.csv",
            "--html",
            "r.html",
        ],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while not list(scratch.glob("regulars-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    work.send_signal(signal.SIGINT)
    _, errors = work.communicate(timeout=60)
    assert work.returncode == 130, errors
    assert b"Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["orders.csv"]
    assert list(scratch.iterdir()) == []


def test_an_interrupted_query_ends_quietly(small, monkeypatch):
    def interrupted(*_, **__):
        raise RuntimeError("Query interrupted")  # So DuckDB turns Ctrl-C in the midst of a query.

    monkeypatch.setattr("regulars.report.run.run", interrupted)
    result = regulars("report", small)
    assert (result.exit_code, "Interrupted" in result.output) == (130, True)


def test_a_full_standard_output_is_explained(small):
    program = [sys.executable, "-c", "from regulars.faces.cli import main; main()", "report", small, "--json", "-"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(program, check=False, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr


def test_what_was_assumed_is_told_with_the_result(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("customer,date,amount\nann,01/02/2024,5.00\nbob,03/04/2024,6.00\nann,05/06/2024,7.00\n")
    told = regulars("report", path, "--html", tmp_path / "r.html").output
    assert "orders.csv: " in told
