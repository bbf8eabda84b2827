"""Hear what browsers report of the content security policy: a page that broke it, or an attempt that it stopped."""

from __future__ import annotations

import json
import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from regulars.faces.console.permission import for_everybody

_MOST_BYTES = 16_384
_LONGEST = 200
_logger = logging.getLogger("regulars.policy")


@csrf_exempt
@for_everybody
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """Log which directive was broken; no address, for addresses may hold what somebody searched for."""
    body = request.read(_MOST_BYTES + 1)
    if len(body) > _MOST_BYTES:
        return HttpResponse(status=413)
    try:
        told = json.loads(body)["csp-report"]
        directive = str(told.get("effective-directive") or told.get("violated-directive", ""))[:_LONGEST]
    except (ValueError, KeyError, TypeError, AttributeError):
        return HttpResponse(status=400)
    _logger.warning("content security policy broken: %s", json.dumps(directive))
    return HttpResponse(status=204)
