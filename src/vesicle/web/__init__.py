"""RIM: the public pages. Thin: reads a request, calls `pipeline.reception`, renders a template."""
