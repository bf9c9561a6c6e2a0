"""MJML to HTML."""

import re
from bisect import bisect_right
from itertools import accumulate

from mjml import mjml2html

from vesicle.model.errors import ContentError
from vesicle.model.problem import Problem
from vesicle.render.marks import Marked, read
from vesicle.render.mjml import mend
from vesicle.render.mjml.judge import not_well_formed, problems
from vesicle.render.mjml.tokens import NotWellFormed, Token, tokens

# Control characters, lone surrogates and the two noncharacters that no markup may hold.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def compile(mjml: str) -> str:
    """Compile *mjml* to the HTML of a mail: nothing remote is added, comments are left out.

    Raises ContentError with every problem of a template at its file and line, where *mjml* was rendered
    from marked templates (see `render.marks`), else at its line of "mjml".
    """
    source = read(mjml)
    rest, rules = mend.without_inline_styles(mend.without_comments(_judged(source)))
    html = _engine(rest, source)
    if spoilt := mend.residue(html):
        raise _refused(source, f"the MJML engine spoilt {spoilt[:80]}")
    html = mend.from_engine(html)
    return _inlined(html, rules, source) if rules else html


def _judged(source: Marked) -> tuple[Token, ...]:
    if found := _FORBIDDEN.search(source.text):
        raise ContentError([_forbidden(found, source)])
    try:
        judged = tokens(source.text)
    except NotWellFormed as error:
        raise ContentError([not_well_formed(error, source)]) from error
    if found_problems := tuple(problems(judged, source)):
        raise ContentError(found_problems)
    return judged


def _engine(judged: tuple[Token, ...], source: Marked) -> str:
    written = mend.for_engine(judged)
    try:
        return str(mjml2html("".join(written), fonts={}, disable_comments=True))
    except ValueError as error:
        start = _start(str(error), judged, written)
        raise _refused(source, f"the MJML engine refused this: {error}", start=start) from error
    except BaseException as error:
        # A panic of the engine, which is written in Rust, is no Exception and its class cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise _refused(source, "the MJML engine broke on this template") from error


def _inlined(html: str, rules: str, source: Marked) -> str:
    import css_inline  # noqa: PLC0415 - few templates ask for it, and a daemon stays small without

    inliner = css_inline.CSSInliner(
        inline_style_tags=False, keep_style_tags=True, load_remote_stylesheets=False, extra_css=rules
    )
    try:
        return inliner.inline(html)
    except ValueError as error:
        raise _refused(source, f"the styles cannot be written into the tags: {error}") from error


def _forbidden(found: re.Match[str], source: Marked) -> Problem:
    words = source.text[max(0, found.start() - 20) : found.start()]
    return Problem(
        code="mjml.control-character",
        text=f"there is an invisible character U+{ord(found[0]):04X} after “{words}”",
        where=source.place(found.start()),
        mend="delete it from the content that is shown here",
    )


def _start(message: str, judged: tuple[Token, ...], written: tuple[str, ...]) -> int | None:
    """Give where the token stands that the engine names by its place in what was *written* for it."""
    found = re.search(r"at position (\d+):", message)
    if not found:
        return None
    ends = tuple(accumulate(map(len, written)))
    return judged[min(bisect_right(ends, int(found[1])), len(judged) - 1)].start


def _refused(source: Marked, text: str, *, start: int | None = None) -> ContentError:
    where = source.place(max(0, source.text.find("<mj-body")) if start is None else start)
    problem = Problem(
        code="mjml.engine", text=text, where=where, mend="look at what was changed last near this line"
    )
    return ContentError([problem])
