"""All addresses under /v1. What is none of them is told as a problem too."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from regulars.faces.api.app import api
from regulars.faces.api.docs import openapi_json, show_docs, show_group
from regulars.faces.api.errors import not_found


@csrf_exempt
def nothing_here(_request: HttpRequest, rest: str = "") -> HttpResponse:  # noqa: ARG001  # Wherever it is.
    """Say that there is nothing at this address."""
    return not_found().response()


app_name = "api"
# ninja's addresses stand first; the last takes all that is left.
urlpatterns = [
    path("openapi.json", openapi_json, name="openapi"),
    path("docs", show_docs, name="docs"),
    path("docs/<slug:group>", show_group, name="docs-group"),
    *api.urls[0],
    path("", nothing_here),
    path("<path:rest>", nothing_here),
]
