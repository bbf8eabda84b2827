"""All addresses."""

from __future__ import annotations

from django.urls import include, path

from regulars.faces.api.metrics import metrics
from regulars.faces.api.probes import healthz, readyz
from regulars.faces.api.urls import nothing_here

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("v1/", include("regulars.faces.api.urls")),
    path("v1", nothing_here),
    path("", include("regulars.faces.console.security.urls")),
    path("", include("regulars.faces.console.urls")),
]

handler400 = "regulars.faces.console.errors.bad_request"
handler403 = "regulars.faces.console.errors.forbidden"
handler404 = "regulars.faces.console.errors.not_found"
handler500 = "regulars.faces.console.errors.broken"

# allauth asks for it where somebody has tried too often.
handler429 = "regulars.faces.console.errors.too_often"
