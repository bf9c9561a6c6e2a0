"""From fields to a shape, or to every problem of the file."""

from typing import TypeVar

from pydantic import ValidationError

from vesicle.model.errors import UserError
from vesicle.store.content.shapes import Shape
from vesicle.text.complaints import field_names, problems
from vesicle.text.marked import Marked

AnyShape = TypeVar("AnyShape", bound=Shape)


def validate(shape: type[AnyShape], fields: Marked) -> AnyShape:
    """Read *fields* as *shape*; raises UserError with every problem in them."""
    try:
        return shape.model_validate(fields.value)
    except ValidationError as error:
        known = field_names(shape.model_json_schema())
        raise UserError(problems(error.errors(), fields, known=known)) from error
