"""The content folder: Markdown with front matter in, items, issues and problems out."""
