"""The Jinja environment of every template: sandboxed, strict, without access to anything but its words."""

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import lru_cache

from jinja2 import (
    Environment,
    FunctionLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from vesicle.model.errors import ContentError
from vesicle.model.problem import Place, Problem
from vesicle.render import locale, mail, markdown
from vesicle.render.marks import FOLDER, Marks
from vesicle.render.wrap import wrap

# What an expression of a template can raise besides Jinja's own errors.
_MISTAKES = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
)


def environment(templates: Mapping[str, str]) -> Environment:
    """Give the environment that knows *templates* by their name below `templates/`, and no file."""
    return _environment(frozenset(templates.items()))


# Compiling the templates takes ten times as long as rendering them, and a preview renders often.
@lru_cache(maxsize=4)
def _environment(templates: frozenset[tuple[str, str]]) -> Environment:
    made = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(_loader(dict(templates))),
        undefined=StrictUndefined,
        autoescape=_is_markup,
        extensions=[Marks],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "markdown": _markdown,
        "markdown_text": markdown.text,
        "date": _date,
        "digits": locale.digits,
        "wrap": wrap,
        "hashtags": _hashtags,
        "filler": mail.filler,
    }
    return made


def render(jinja: Environment, name: str, values: Mapping[str, object]) -> str:
    """Render the template called *name*; raise ContentError naming the template's file and line."""
    with _told(name):
        return jinja.get_template(name).render(values)


def render_and_tell(
    jinja: Environment, name: str, values: Mapping[str, object]
) -> tuple[str, Mapping[str, object]]:
    """Render the template called *name* as `render` does, and give what it sets at its top, too."""
    with _told(name):
        template = jinja.get_template(name)
        try:
            module = template.make_module(dict(values))
        except _MISTAKES:
            # Other than `render`, Jinja leaves the lines of its own code in the traceback here.
            jinja.handle_exception()
        return str(module), {key: value for key, value in vars(module).items() if not key.startswith("_")}


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what goes wrong in a template into ContentError."""
    try:
        yield
    except _MISTAKES as error:
        problem = Problem(
            code="template.broken",
            text=f"this template cannot be rendered: {_saying(error)}",
            where=_place(error, name),
            mend="correct this line, or remove the file to use the packaged template",
        )
        raise ContentError([problem]) from error


def _loader(templates: Mapping[str, str]) -> Callable[[str], tuple[str, str, Callable[[], bool]] | None]:
    # Jinja's DictLoader gives templates no file name, and without one an error cannot be told its template.
    return lambda name: (templates[name], FOLDER + name, lambda: True) if name in templates else None


def _place(error: BaseException, name: str) -> Place:
    if isinstance(error, TemplateSyntaxError):
        return Place(file=error.filename or FOLDER + name, line=error.lineno)
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if frame.filename.startswith(FOLDER)]
    return Place(file=inside[-1].filename, line=inside[-1].lineno) if inside else Place(file=FOLDER + name)


def _saying(error: BaseException) -> str:
    return f"there is no template called {error}" if isinstance(error, TemplateNotFound) else str(error)


def _is_markup(name: str | None) -> bool:
    return bool(name) and str(name).endswith((".mjml.j2", ".html.j2"))


def _markdown(text: str, top: int = 3) -> Markup:
    return Markup(markdown.html(text, top=top))  # cleaned by nh3


def _date(day: date, lang: str) -> str:
    return locale.long_date(day, lang)


def _hashtags(topics: tuple[str, ...], most: int) -> str:
    tags = ("#" + "".join(word.capitalize() for word in topic.split("-")) for topic in topics[:most])
    return " ".join(tags)
