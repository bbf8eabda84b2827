"""Every text is translated into every language of Regulars, and keeps its placeholders."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from regulars.kit.i18n import DOMAIN, LANGUAGES, LOCALE_DIR

ROOT = Path(__file__).parents[2]
OTHERS = sorted(set(LANGUAGES) - {"en"})
# `{name}`, `{name:.1f}` and, in templates, `%(name)s`; doubled braces are braces.
PLACEHOLDER = re.compile(r"\{(\w*)[^{}]*\}|%\((\w+)\)s")


def texts(string: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """Return a message's singular and plural as a tuple."""
    return (string,) if isinstance(string, str) else tuple(string or ())


def placeholders(text: str) -> Counter[str]:
    found = PLACEHOLDER.findall(text.replace("{{", "").replace("}}", ""))
    return Counter(name or other for name, other in found)


def complaints(source: Catalog, translated: Catalog) -> list[str]:
    """Return what a translator has still to do."""
    found = []
    for message in source:
        if not message.id:
            continue
        name = texts(message.id)[0]
        answer = translated.get(message.id, context=message.context)
        if answer is None or not all(texts(answer.string)):
            found.append(f"not translated: {name}")
        elif answer.fuzzy:
            found.append(f"fuzzy: {name}")
        elif not keeps_placeholders(message, answer):
            found.append(f"other placeholders: {name}")
    return found


def keeps_placeholders(message: Message, answer: Message) -> bool:
    """Tell whether each form of the translation names the values that the source names.

    A form of a plural may leave out the count that its words already say.
    """
    originals = texts(message.id)
    plural = placeholders(originals[-1])
    if len(originals) == 1:
        return placeholders(texts(answer.string)[0]) == plural
    return all(placeholders(form).keys() <= plural.keys() for form in texts(answer.string))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """All texts of the source, collected as `make messages` collects them."""
    path = tmp_path_factory.mktemp("messages") / "regulars.pot"
    pybabel = Path(sys.executable).with_name("pybabel")
    extract = [
        "extract",
        "--mapping",
        "pyproject.toml",
        "--keyword",
        "mark",
        "--keyword",
        "gettext_lazy",
        "--output-file",
        str(path),
        "src",
    ]
    subprocess.run([str(pybabel), "--quiet", *extract], cwd=ROOT, check=True)
    with path.open("rb") as file:
        return read_po(file)


def test_texts_are_collected_and_docstrings_are_not(source: Catalog) -> None:
    assert "Make a demo shop's orders, run the report on them, and show it." not in source
    assert "How many customers the shop has." in source
    assert len(source) > 50


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_and_keeps_its_placeholders(source: Catalog, language: str) -> None:
    with (LOCALE_DIR / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        translated = read_po(file, locale=language)
    assert complaints(source, translated) == []


def test_an_incomplete_catalogue_is_seen() -> None:
    source, translated = Catalog(), Catalog(locale="de")
    for text in ("Customers", "{count} orders", "Revenue", "Risk", ("{n} day", "{n} days")):
        source.add(text)
    translated.add("{count} orders", "{number} Bestellungen")
    translated.add("Revenue", "Umsatz", flags=["fuzzy"])
    translated.add("Risk", "")
    translated.add(("{n} day", "{n} days"), ("ein Tag", "{n} Tage"))
    assert complaints(source, translated) == [
        "not translated: Customers",
        "other placeholders: {count} orders",
        "fuzzy: Revenue",
        "not translated: Risk",
    ]
