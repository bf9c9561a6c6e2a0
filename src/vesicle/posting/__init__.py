"""What the channels of posts have in common: one call of an API, and one post from its take to its end."""
