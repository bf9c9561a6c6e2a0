"""Reads the whole content folder: what is broken is named, and everything else is there."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from vesicle.model.content import Content
from vesicle.model.errors import UserError
from vesicle.model.issue import Issue, Wording
from vesicle.model.item import Item
from vesicle.model.paper import FiledPaper
from vesicle.model.problem import Place, Problem
from vesicle.store import files
from vesicle.store.content import convert, papers
from vesicle.store.content.front import Front, split
from vesicle.store.content.references import Known, duplicates, references
from vesicle.store.content.shapes import (
    ExplainerShape,
    FindingShape,
    IssueShape,
    ItemShape,
    WordingShape,
    is_slug,
)
from vesicle.store.content.validate import validate
from vesicle.text.marked import Marked

ITEM_FOLDERS: dict[str, type[ItemShape]] = {"findings": FindingShape, "explainers": ExplainerShape}
# What a translation need not repeat: it is the original's.
INHERITED = ("paper", "evidence", "topics", "image", "status", "updated", "author")


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A Markdown file that could be taken apart; *lang* is None for an original."""

    folder: str
    slug: str
    lang: str | None
    front: Front


class Reader:
    """Reads one content folder once."""

    def __init__(self, root: Path, *, language: str, known: Known) -> None:
        self.root = root
        self.content = root / "content"
        self.language = language
        self.known = known
        self.problems: list[Problem] = []
        self.broken: set[str] = set()

    def read(self) -> Content:
        """Give what the folder holds, with the problems of every file."""
        if not self.content.is_dir():
            where = Place(file=files.shown(self.content, self.root))
            mend = "make a site with `vesicle init`, or name its folder with `--site`"
            problem = Problem(code="file.no-content", text="there is no such folder", where=where, mend=mend)
            return Content(problems=(problem,))
        items = self._items()
        issues = self._issues()
        filed = dict(self._papers())
        images = frozenset(self._images())
        if not (items or issues or filed or self.problems):
            text, mend = "there is nothing in it", "write a first text with `vesicle new finding`"
            where = Place(file=files.shown(self.content, self.root))
            self.problems.append(_problem("file.nothing", text, where, mend=mend))
        found = Content(items=items, issues=issues, papers=filed, images=images)
        self.problems += references(found, known=self.known, broken=frozenset(self.broken))
        ordered = sorted(self.problems, key=lambda one: (one.where.file, one.where.line or 0))
        return replace(found, problems=tuple(ordered))

    def _items(self) -> dict[tuple[str, str], Item]:
        found = [file for folder in ITEM_FOLDERS for file in self._files(folder)]
        self.problems += duplicates((one.slug, one.lang, one.front.fields.where) for one in found)
        originals = {one.slug: one for one in found if one.lang is None}
        items = (self._item(one, originals) for one in found)
        return {(item.slug, item.lang): item for item in items if item}

    def _item(self, file: _File, originals: dict[str, _File]) -> Item | None:
        if not file.front.body:
            text, mend = "there is no text below the front matter", "write the body in Markdown"
            self.problems.append(_problem("file.no-text", text, file.front.body_place, mend=mend))
        try:
            fields = self._fields(file, originals)
            valid = validate(ITEM_FOLDERS[file.folder], fields)
        except UserError as error:
            self.problems += error.problems
            self.broken.add(file.slug)
            return None
        lang = file.lang or valid.lang or self.language
        return convert.item(valid, replace(file.front, fields=fields), slug=file.slug, lang=lang)

    def _fields(self, file: _File, originals: dict[str, _File]) -> Marked:
        fields = file.front.fields
        if file.lang is None:
            return fields
        if file.slug not in originals:
            text = f"this translates nothing: there is no `{file.slug}.md`"
            mend = "put the original beside it, or take the language out of the file's name"
            raise UserError([_problem("file.no-original", text, fields.where, mend=mend)])
        original = originals[file.slug].front.fields.value
        inherited = {name: original[name] for name in INHERITED if name in original}
        return replace(fields, value={**inherited, **fields.value})

    def _issues(self) -> dict[str, Issue]:
        found = list(self._files("issues"))
        wordings: dict[str, dict[str, Wording]] = defaultdict(dict)
        for file in found:
            if file.lang is not None and (wording := self._wording(file)):
                wordings[file.slug][file.lang] = wording
        issues = (self._issue(file, wordings[file.slug]) for file in found if file.lang is None)
        return {issue.slug: issue for issue in issues if issue}

    def _wording(self, file: _File) -> Wording | None:
        try:
            shape = validate(WordingShape, file.front.fields)
        except UserError as error:
            self.problems += error.problems
            return None
        return convert.wording(shape, file.front, lang=file.lang or self.language)

    def _issue(self, file: _File, translations: dict[str, Wording]) -> Issue | None:
        try:
            shape = validate(IssueShape, file.front.fields)
        except UserError as error:
            self.problems += error.problems
            return None
        lang = shape.lang or self.language
        return convert.issue(shape, file.front, slug=file.slug, lang=lang, translations=translations)

    def _papers(self) -> Iterator[tuple[str, FiledPaper]]:
        for path in self._paths("papers", ".json"):
            try:
                text = files.read_text(path, root=self.root)
                yield path.stem, papers.read(text, file=files.shown(path, self.root))
            except UserError as error:
                self.problems += error.problems

    def _images(self) -> Iterator[str]:
        folder = self.content / "images"
        return (
            (path.name for path in sorted(folder.iterdir()) if path.is_file())
            if folder.is_dir()
            else iter(())
        )

    def _files(self, folder: str) -> Iterator[_File]:
        for path in self._paths(folder, ".md"):
            slug, _, lang = path.name.removesuffix(".md").partition(".")
            try:
                yield self._file(path, folder=folder, slug=slug, lang=lang or None)
            except UserError as error:
                self.problems += error.problems
                self.broken.add(slug)

    def _file(self, path: Path, *, folder: str, slug: str, lang: str | None) -> _File:
        shown = files.shown(path, self.root)
        if not is_slug(slug):
            text = f"`{slug}` cannot be a slug"
            mend = "name the file with lower-case letters, digits and hyphens"
            raise UserError([_problem("file.bad-name", text, Place(file=shown), mend=mend)])
        front = split(files.read_text(path, root=self.root), file=shown)
        return _File(folder=folder, slug=slug, lang=lang, front=front)

    def _paths(self, folder: str, ending: str) -> Iterator[Path]:
        for entry in files.entries(self.content / folder, root=self.root, ending=ending):
            if isinstance(entry, Problem):
                self.problems.append(entry)
            else:
                yield entry


def _problem(code: str, text: str, where: Place, *, mend: str) -> Problem:
    return Problem(code=code, text=text, where=where, mend=mend)
