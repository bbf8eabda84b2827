"""What a browser is told to ask a passkey for, as a page carries it; and where browsers know passkeys at all."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest
from django.http.request import split_domain_port


def as_json(options: Any) -> str:
    """Return options as text for an attribute: no script of ours or of allauth stands within a page."""
    return json.dumps(options, cls=DjangoJSONEncoder)


def knows_passkeys(request: HttpRequest) -> bool:
    """Tell whether a browser allows passkeys at the address that was typed: at a name, never at numbers."""
    try:
        ipaddress.ip_address(split_domain_port(request.get_host())[0].strip("[]"))
    except ValueError:
        return True
    return False
