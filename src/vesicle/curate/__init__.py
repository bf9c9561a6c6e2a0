"""What a paper is worth to this site and why, what became of it, the draft finding of a kept one. Pure."""
