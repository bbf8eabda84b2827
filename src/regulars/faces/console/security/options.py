"""What a browser is told to ask a passkey for, as a page carries it."""

from __future__ import annotations

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder


def as_json(options: Any) -> str:
    """Return options as text for an attribute: no script of ours or of allauth stands within a page."""
    return json.dumps(options, cls=DjangoJSONEncoder)
