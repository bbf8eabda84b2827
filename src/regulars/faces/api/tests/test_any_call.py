"""schemathesis calls every operation with what the document allows, and with what it does not."""

from __future__ import annotations

import copy
import os
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.openapi.checks import UndefinedStatusCode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from regulars.faces.api.openapi import document
from regulars.faces.api.tests.way_in import make_key

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
    ignored_auth,
]
EXAMPLES = 12
MANY_EXAMPLES = 600


def configuration() -> SchemathesisConfig:
    generation = GenerationConfig(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE], deterministic=True)
    return SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(generation=generation)))


def told(**changes: Any) -> dict[str, Any]:
    """Return the document as schemathesis takes it."""
    return {**document(), **changes}


schema = schemathesis.openapi.from_dict(told(), config=configuration())
schema.app = get_wsgi_application()


@pytest.fixture
def key(db: None) -> str:
    return make_key()


def call(case: Case[Any], key: str) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, checks=CHECKS)


@pytest.fixture(autouse=True)
def no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test call as often as it likes; how often a key may is tested elsewhere."""
    from django.conf import settings as django_settings

    from regulars.faces.api import limits

    monkeypatch.setattr(django_settings, "API_CALLS_PER_MINUTE", 10**7)
    monkeypatch.setattr(limits, "WRONG_KEYS_PER_WINDOW", 10**7)


def examples(number: int) -> settings:
    return settings(
        max_examples=number,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
        derandomize="HYPOTHESIS_PROFILE" not in os.environ,
    )


@schema.parametrize()
@examples(EXAMPLES)
def test_whatever_is_sent_the_answer_is_one_of_those_documented(case: Case[Any], key: str):
    call(case, key)


@pytest.mark.soak
@schema.parametrize()
@examples(MANY_EXAMPLES)
def test_whatever_is_sent_at_length_the_answer_is_one_of_those_documented(case: Case[Any], key: str):
    call(case, key)


def test_a_status_that_is_not_documented_would_be_found(key: str):
    paths = copy.deepcopy(document()["paths"])
    del paths["/v1/products/{source}/{external_id}"]["get"]["responses"]["404"]
    wrong = schemathesis.openapi.from_dict(told(paths=paths), config=configuration())
    wrong.app = get_wsgi_application()
    operation = wrong["/v1/products/{source}/{external_id}"]["GET"]
    case = operation.Case(path_parameters={"source": "shop", "external_id": "nothing"})
    with pytest.raises(FailureGroup) as found:
        call(case, key)
    assert [type(each) for each in found.value.exceptions] == [UndefinedStatusCode]
