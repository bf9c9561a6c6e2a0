"""Issues and items to messages: Jinja templates and Markdown to MJML, HTML and text."""
