"""Work that is under way keeps to what who asked may see, whatever is classified anew meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.customers.models import Trait as TraitRow
from regulars.exports import services
from regulars.exports.contracts import ExportFormat, ExportKind, ExportState
from regulars.exports.models import Export as ExportRow
from regulars.exports.queries import get_export
from regulars.exports.services import WithheldExport
from regulars.exports.tests.export_factory import MIRA, NOW, ask, content_of, export, table_of, work
from regulars.facts.language.faults import WITHHELD, WrongCondition
from regulars.facts.tests.sensitive import WORDS, keep_secrets

pytestmark = pytest.mark.django_db


def become(classification: str, key: str = "shoe_size") -> None:
    assert TraitRow.objects.filter(key=key).update(classification=classification) == 1


@pytest.mark.parametrize("told", [{"facts": ["traits.secret_text"]}, {"condition": "traits.secret_text exists"}])
def test_who_says_nothing_of_what_they_see_asks_for_nothing_sensitive(told: dict[str, Any]) -> None:
    keep_secrets()
    with pytest.raises(WrongCondition) as refused:
        ask(ExportKind.FACTS, **told)
    assert refused.value.code == WITHHELD
    assert export(ExportKind.FACTS, **told, sees_sensitive=True).state is ExportState.DONE


def test_a_column_that_becomes_sensitive_under_way_stays_empty() -> None:
    keep_secrets()
    asked = ask(ExportKind.FACTS, facts=["traits.shoe_size"])
    seeing = ask(ExportKind.FACTS, facts=["traits.shoe_size"], sees_sensitive=True)
    become("sensitive")
    assert {row["traits.shoe_size"] for row in table_of(work(asked.id))} == {""}
    assert {row["traits.shoe_size"] for row in table_of(work(seeing.id))} == {"41", "38"}


def test_a_condition_that_becomes_sensitive_under_way_ends_the_export_with_the_reason() -> None:
    keep_secrets()
    asked = ask(ExportKind.FACTS, condition="traits.shoe_size > 40")
    become("sensitive")
    done = work(asked.id)
    assert (done.state, done.error_code) == (ExportState.FAILED, "fact_withheld")


def test_a_file_from_before_anybody_asked_who_may_see_it_is_withheld() -> None:
    keep_secrets()
    made = export(ExportKind.FACTS, facts=["traits.secret_text"], sees_sensitive=True)
    row = ExportRow.objects.get(id=made.id)
    del row.settled["sees_sensitive"]
    row.save()
    assert "quaker" in content_of(made).decode()
    assert get_export(made.id).is_withheld
    with pytest.raises(WithheldExport):
        services.download(export_id=made.id, now=NOW, actor=MIRA)


def test_of_what_there_is_not_any_more_nobody_knows_what_it_was() -> None:
    keep_secrets()
    made = export(ExportKind.FACTS, facts=["traits.shoe_size"])
    assert not get_export(made.id).is_withheld
    TraitRow.objects.filter(key="shoe_size").delete()
    assert get_export(made.id).is_withheld
    assert not get_export(made.id, sees_sensitive=True).is_withheld


def test_json_lines_of_customers_hold_the_traits_that_were_settled_and_no_others() -> None:
    keep_secrets()
    told = content_of(export(ExportKind.CUSTOMERS, ExportFormat.JSONL)).decode()
    assert [word for word in WORDS if word in told] == []
    assert '"shoe_size"' in told
    assert "quaker" in content_of(export(ExportKind.CUSTOMERS, ExportFormat.JSONL, sees_sensitive=True)).decode()
