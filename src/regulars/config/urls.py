"""All addresses."""

from __future__ import annotations

from django.urls import include, path

from regulars.faces.api.app import api
from regulars.faces.api.probes import healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("v1/", api.urls),
    path("", include("regulars.faces.console.urls")),
]
