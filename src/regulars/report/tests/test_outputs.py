"""Results are whole or not there."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regulars.report.outputs import OutputImpossible, write_table, written_whole
from regulars.report.run import Goals, WrongGoal


def test_files_appear_only_when_all_are_written(tmp_path):
    with written_whole() as outputs:
        outputs.path_for(tmp_path / "a.txt").write_text("a")
        outputs.path_for(tmp_path / "b.txt").write_text("b")
        assert not (tmp_path / "a.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.txt"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError])
def test_an_interruption_leaves_nothing_and_keeps_what_was_there(tmp_path, interruption):
    (tmp_path / "a.txt").write_text("old")

    def work():
        with written_whole() as outputs:
            outputs.path_for(tmp_path / "a.txt").write_text("half")
            raise interruption

    with pytest.raises(interruption):
        work()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(OutputImpossible, match="no folder"), written_whole() as outputs:
        outputs.path_for(tmp_path / "nowhere" / "a.txt")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(OutputImpossible, match="is a folder"), written_whole() as outputs:
        outputs.path_for(tmp_path)


def test_files_have_the_rights_of_any_new_file(tmp_path):
    with written_whole() as outputs:
        outputs.path_for(tmp_path / "a.txt").write_text("a")
    (tmp_path / "usual.txt").write_text("")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "usual.txt").stat().st_mode


def test_tables_are_written_in_the_form_asked_for(tmp_path):
    table = pa.table({"customer": ["ann"], "risk": [0.25]})
    write_table(table, tmp_path / "a.csv", ".csv")
    write_table(table, tmp_path / "a.parquet", ".parquet")
    assert (tmp_path / "a.csv").read_text().split() == ['"customer","risk"', '"ann",0.25']
    assert pq.read_table(tmp_path / "a.parquet").equals(table)


def test_scores_are_csv_or_parquet(tmp_path):
    with pytest.raises(WrongGoal, match=r"\.csv or \.parquet"):
        Goals(scores=tmp_path / "scores.xlsx")
