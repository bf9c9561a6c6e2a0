"""MJML to HTML by MRML, with its six faults mended and every error at its template's line."""

from vesicle.render.mjml.compiler import compile

__all__ = ["compile"]
