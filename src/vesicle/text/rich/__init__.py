"""Texts as the channels want them: what is a link, a tag, or only looks like mark-up."""
