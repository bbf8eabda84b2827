"""What the web server calls."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from regulars import __version__
from regulars.kit.tracing import start_tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "regulars.config.settings")
application = get_wsgi_application()

if settings.INSTALLATION.traces_to:
    # Here, in the process that answers: what sends the spans is a thread, which no fork takes along.
    start_tracing("web", __version__)

# All that has been loaded stays for good: the collector need not look through it again with each large request.
gc.collect()
gc.freeze()
