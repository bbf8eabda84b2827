"""The report as one HTML file: offline, printable, for a manager first and a statistician at the end."""

from regulars.report.page.render import render_html

__all__ = ["render_html"]
