"""The examples in the docstrings run as written."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = [
    "inference",
    "nbd",
    "beta_geo",
    "modified_beta_geo",
    "pareto_nbd",
    "geometric_dropout",
    "gamma_gamma",
    "beta_geo_beta_binomial",
    "value",
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_the_module_run(name):
    found = doctest.testmod(importlib.import_module(f"retention.clv.{name}"))
    assert found.attempted > 0
    assert found.failed == 0
