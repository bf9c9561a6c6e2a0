"""What a channel would ask of its API, to be shown instead of sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: *body* as a person can read it; neither it nor *url* has a secret in it."""

    method: str
    url: str
    body: str = ""
