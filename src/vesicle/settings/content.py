"""Where content comes from."""

from pydantic import Field

from vesicle.settings.strict import Strict


class ContentSettings(Strict):
    """How content comes to the machine that sends."""

    git: bool = Field(
        default=False, description="Let `vesicle run` pull the site's git branch, fast-forward alone."
    )
    every_minutes: int = Field(default=5, ge=1, le=1440, description="Minutes between two pulls.")
