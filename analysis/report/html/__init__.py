"""The report as one HTML file that needs nothing else: the view that an editor's panel shows too."""

from .render import render_html

__all__ = ["render_html"]
