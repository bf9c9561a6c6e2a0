"""What all settings have in common."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from vesicle.text.lines import is_one_line


class Strict(BaseModel):
    """Settings that refuse fields nobody knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _one_line(text: str) -> str:
    if not is_one_line(text):
        raise ValueError("holds a line break or a control character | write it in one line")
    return text


Line = Annotated[str, Field(min_length=1), AfterValidator(_one_line)]
