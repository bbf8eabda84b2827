from __future__ import annotations

import functools
import importlib
import json
import pkgutil
import re
from collections import defaultdict
from enum import Enum
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from regulars.client import Client
from regulars.faces.api import schemas
from regulars.faces.api.docs import document_text, example
from regulars.faces.api.openapi import document
from regulars.faces.api.snippets import SNIPPETS

ROOT = Path(__file__).parents[5]


def test_the_document_kept_in_docs_is_the_one_served(http: httpx.Client):
    kept = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert kept == document_text(), "make openapi brings docs/openapi.json up to date"
    assert httpx.Client(transport=http._transport).get("http://127.0.0.1/v1/openapi.json").text == kept


def test_the_pages_need_nothing_from_elsewhere_and_show_each_operation_with_what_it_takes(http: httpx.Client):
    index = http.get("/docs")
    groups = list(dict.fromkeys(re.findall(r'href="/v1(/docs/[\w-]+)"', index.text)))
    shown: set[str] = set()
    for page in (index, *map(http.get, groups)):
        assert page.status_code == 200
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert re.findall(r'(?:src|href)="(?:https?:)?//', page.text) == []
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", page.text)
        ids = set(re.findall(r'id="([^"]+)"', page.text))
        assert set(re.findall(r'href="#([^"]+)"', page.text)) <= ids
        shown |= ids
    operations = {each["operationId"] for methods in document()["paths"].values() for each in methods.values()}
    assert operations <= shown
    assert operations == set(re.findall(r'href="/v1/docs/[\w-]+#([^"]+)"', index.text))
    assert http.get("/docs/nothing").status_code == 404


def test_each_operation_is_shown_through_the_client_with_a_method_that_it_has():
    operations = {op["operationId"] for methods in document()["paths"].values() for op in methods.values()}
    assert SNIPPETS.keys() == operations
    client = Client("http://127.0.0.1", "rk_none")
    for snippet in SNIPPETS.values():
        names = snippet.removeprefix("client.").partition("(")[0].split(".")
        assert callable(functools.reduce(getattr, names, client))


def bodies() -> list[tuple[str, dict[str, Any]]]:
    return [
        (operation["operationId"], media["schema"])
        for methods in document()["paths"].values()
        for operation in methods.values()
        for kind, media in operation.get("requestBody", {}).get("content", {}).items()
        if kind == "application/json"
    ]


@pytest.mark.parametrize(("name", "schema"), bodies(), ids=[name for name, _ in bodies()])
def test_the_examples_on_the_page_are_valid(name: str, schema: dict[str, Any]):
    shown = example(schema, document()["components"]["schemas"])
    validator = Draft202012Validator({**schema, "components": document()["components"]})
    assert list(validator.iter_errors(shown)) == []
    assert list(validator.iter_errors(["no object"])) != []


def test_each_problem_that_the_document_tells_is_a_problem_document():
    told = json.loads(document_text())
    for methods in told["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if status != "200":
                    assert list(response["content"]) == ["application/problem+json"]


def test_no_two_types_of_the_schemas_have_one_name():
    # The document knows types by their names alone: the second would stand for both.
    found = defaultdict[str, set[str]](set)
    for each in pkgutil.iter_modules(schemas.__path__, f"{schemas.__name__}."):
        for name, kind in vars(importlib.import_module(each.name)).items():
            if isinstance(kind, type) and issubclass(kind, BaseModel | Enum):
                found[name].add(kind.__module__)
    assert {name: modules for name, modules in found.items() if len(modules) > 1} == {}


def test_an_answer_is_json_or_a_file():
    files = {
        operation["operationId"]: list(operation["responses"]["200"]["content"])
        for methods in document()["paths"].values()
        for operation in methods.values()
        if list(operation["responses"]["200"]["content"]) != ["application/json"]
    }
    assert files == {
        "download_refused_rows": ["text/csv"],
        "download_voucher_codes": ["text/csv"],
        "download_report_page": ["text/html"],
        "download_export": ["text/csv", "application/x-ndjson", "application/vnd.apache.parquet"],
    }
