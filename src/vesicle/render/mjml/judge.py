"""What is wrong with MJML: the engine itself says neither what nor where, and renders most of it."""

import re
from collections.abc import Iterable, Iterator

from vesicle.model.problem import Problem
from vesicle.render.marks import Marked
from vesicle.render.mjml.grammar import ATTRIBUTES, ENDING, PARENTS
from vesicle.render.mjml.tokens import Kind, NotWellFormed, Token

DEPTH = 200

_ANYWHERE = frozenset({"mj-class", "css-class"})
# MRML 6.0.1 stops at these tags and drops these attributes without a word.
_NOT_IN_ENGINE = {
    "mj-html-attributes": "write the attributes in HTML inside of mj-text or mj-raw",
    "mj-selector": "write the attributes in HTML inside of mj-text or mj-raw",
    "mj-html-attribute": "write the attributes in HTML inside of mj-text or mj-raw",
    "mj-include": "use Jinja's include, import or macros",
    "mj-font": "name fonts that readers have; a remote font tells its host who reads",
}
_DROPPED = {
    "mj-button": frozenset({"title"}),
    "mj-image": frozenset({"sizes"}),
    "mj-raw": frozenset({"position"}),
    "mj-table": frozenset({"role"}),
}
_CONDITIONAL = re.compile(
    r"<!--\[if [\w\s|&!().]+\]>((?:(?!<!\[|--).)*<!\[endif\]|<!)-->|<!--<!\[endif\]-->", re.DOTALL | re.ASCII
)
_REMOTE_CSS = re.compile(r"@import|@font-face", re.IGNORECASE)


def problems(tokens: Iterable[Token], source: Marked) -> Iterator[Problem]:
    """Yield what is wrong with *tokens*; after the first wrong closing tag nothing more can be said."""
    judge = _Judge(source)
    try:
        for token in tokens:
            yield from judge.read(token)
        yield from judge.end()
    except NotWellFormed as error:
        yield not_well_formed(error, source)


def not_well_formed(error: NotWellFormed, source: Marked) -> Problem:
    """Say where *source* stops being a tree of tags."""
    return Problem(
        code="mjml.not-well-formed",
        text=str(error),
        where=source.place(error.start),
        mend="close every tag in order, quote every attribute value, write &lt; for a bare <",
    )


class _Judge:
    def __init__(self, source: Marked) -> None:
        self._source = source
        self._open: list[Token] = []
        self._seen: set[str] = set()

    def read(self, token: Token) -> Iterator[Problem]:
        match token.kind:
            case Kind.OPEN | Kind.EMPTY:
                yield from self._tag(token)
                if token.kind is Kind.OPEN:
                    self._push(token)
            case Kind.CLOSE:
                self._close(token)
            case Kind.TEXT:
                yield from self._text(token)
            case Kind.COMMENT:
                _check_conditional(token)

    def end(self) -> Iterator[Problem]:
        if self._open:
            raise NotWellFormed(f"<{self._open[-1].name}> is never closed", self._open[-1].start)
        if "mj-body" not in self._seen:
            mend = "write <mj-body> with the content inside of <mjml>"
            yield self._problem("no-body", "there is no mj-body, so the mail would be empty", mend, 0)

    def _push(self, token: Token) -> None:
        self._open.append(token)
        if len(self._open) > DEPTH:
            raise NotWellFormed(f"tags are nested deeper than {DEPTH} levels", token.start)

    def _close(self, token: Token) -> None:
        opened = self._open.pop() if self._open else None
        if not opened:
            raise NotWellFormed(f"{token.text} closes nothing", token.start)
        if opened.name.lower() != token.name.lower():
            where = self._source.place(opened.start)
            raise NotWellFormed(
                f"{token.text} comes before the end of <{opened.name}> ({where})", token.start
            )

    def _tag(self, token: Token) -> Iterator[Problem]:
        parent = self._open[-1] if self._open else None
        if self._is_html:
            if token.is_mjml:
                yield self._misplaced(token)
            return
        if token.name not in ATTRIBUTES or token.name in _NOT_IN_ENGINE:
            mend = _NOT_IN_ENGINE.get(token.name, "put HTML inside of mj-text, mj-table or mj-raw")
            yield self._problem("unknown-tag", f"there is no <{token.name}> here", mend, token.start)
            return
        if (parent.name if parent else "") not in (PARENTS[token.name] or {""}):
            yield self._misplaced(token)
        yield from self._attributes(token)
        yield from self._once(token, parent)

    @property
    def _is_html(self) -> bool:
        return any(token.name in ENDING for token in self._open)

    def _once(self, token: Token, parent: Token | None) -> Iterator[Problem]:
        if not parent or (token.name == "mj-body" and parent.name == "mjml"):
            if token.name in self._seen:
                yield self._misplaced(token)
            self._seen.add(token.name)

    def _attributes(self, token: Token) -> Iterator[Problem]:
        for name, value in token.attributes.items():
            start = token.spots[name]
            known = ATTRIBUTES[token.name] - _DROPPED.get(token.name, frozenset())
            is_namespace = token.name == "mjml" and name.startswith("xmlns")
            if name not in known | _ANYWHERE and not is_namespace:
                text = f"<{token.name}> takes no attribute {name}"
                mend = f"it takes {', '.join(sorted(known | _ANYWHERE))}"
                yield self._problem("unknown-attribute", text, mend, start)
            elif value is None:
                raise NotWellFormed(f"the attribute {name} of <{token.name}> has no value", start)

    def _text(self, token: Token) -> Iterator[Problem]:
        parent = self._open[-1].name if self._open else ""
        if self._is_html:
            if parent == "mj-style" and (found := _REMOTE_CSS.search(token.text)):
                mend = "name fonts that readers have, write the rules here"
                start = token.start + found.start()
                yield self._problem("remote-style", f"{found[0]} calls another host", mend, start)
        elif words := token.text.strip():
            start = token.start + token.text.index(words)
            text = f"text stands outside of mj-text: {words[:40]}"
            yield self._problem("misplaced-text", text, "put it inside of mj-text", start)

    def _misplaced(self, token: Token) -> Problem:
        parents = ", ".join(sorted(PARENTS.get(token.name, frozenset()) - {"mj-attributes"}))
        inside = f"inside <{self._open[-1].name}>" if self._open else "at the top"
        mend = f"put it once inside of {parents}" if parents else "put nothing around <mjml>"
        return self._problem("misplaced-tag", f"<{token.name}> may not stand {inside}", mend, token.start)

    def _problem(self, code: str, text: str, mend: str, start: int) -> Problem:
        return Problem(code=f"mjml.{code}", text=text, where=self._source.place(start), mend=mend)


def _check_conditional(token: Token) -> None:
    # The engine panics at other forms.
    if token.is_conditional and not _CONDITIONAL.fullmatch(token.text):
        raise NotWellFormed("this comment for Outlook is not <!--[if …]>…<![endif]-->", token.start)
