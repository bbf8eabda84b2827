"""CDNOW's sample as the papers use it: calibration up to 1997-09-30, holdout of 39 weeks, unit = week."""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cohort:
    frequency: FloatArray
    recency: FloatArray
    T: FloatArray
    mean_spend: FloatArray
    holdout: FloatArray


@pytest.fixture(scope="session")
def cdnow() -> Cohort:
    file = importlib.resources.files("lifetimes") / "datasets" / "CDNOW_sample.txt"
    names = ["master", "customer", "date", "discs", "dollars"]
    with file.open() as lines:
        rows = pd.read_csv(lines, sep=r"\s+", header=None, names=names, dtype={"date": str})
    rows["date"] = pd.to_datetime(rows["date"], format="%Y%m%d")
    days = rows.groupby(["customer", "date"], as_index=False)["dollars"].sum()
    cut = pd.Timestamp("1997-09-30")
    past, future = days[days["date"] <= cut], days[days["date"] > cut]
    span = past.groupby("customer")["date"].agg(["min", "max", "count"])
    repeat = past[past["date"] > past["customer"].map(span["min"])]
    return Cohort(
        frequency=(span["count"] - 1).to_numpy(dtype=np.float64),
        recency=(span["max"] - span["min"]).dt.days.to_numpy() / 7,
        T=(cut - span["min"]).dt.days.to_numpy() / 7,
        mean_spend=repeat.groupby("customer")["dollars"].mean().reindex(span.index).to_numpy(),
        holdout=future.groupby("customer").size().reindex(span.index, fill_value=0).to_numpy(dtype=np.float64),
    )
