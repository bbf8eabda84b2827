"""Send the page of a report: it is a page of its own, with its own script and style, and no other may run."""

from __future__ import annotations

from django.http import HttpResponse

# Without an origin of its own here: its script can reach nothing of the console, though it may draw, save and print.
_APART = "sandbox allow-scripts allow-downloads allow-modals; frame-ancestors 'none'; report-uri /policy-report"


def as_page(page: bytes, policy: str) -> HttpResponse:
    """Show a report under its own policy, which allows its script and style by their hashes and nothing else."""
    answer = HttpResponse(page, content_type="text/html; charset=utf-8")
    # The middleware leaves a policy that stands there as it is.
    answer["Content-Security-Policy"] = f"{policy}; {_APART}"
    return answer


def as_file(content: bytes, form: str, name: str) -> HttpResponse:
    """Send a report as a file, `html` or `json`, that a browser keeps and does not open."""
    kinds = {"html": "text/html; charset=utf-8", "json": "application/json"}
    answer = HttpResponse(content, content_type=kinds[form])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer
