"""The content folder of a site on disk."""

from pathlib import Path

from vesicle.model.content import Content
from vesicle.model.errors import TemporaryFailure, UserError
from vesicle.model.issue import Issue
from vesicle.model.item import PaperReference
from vesicle.model.paper import FiledPaper
from vesicle.store import files
from vesicle.store.content import papers
from vesicle.store.content.approval import with_approval
from vesicle.store.content.reader import Reader
from vesicle.store.content.references import Known
from vesicle.text.citations import paper_id


class ContentFolder:
    """The files below `content/`, read afresh each time."""

    def __init__(self, root: Path, *, language: str, known: Known) -> None:
        self._root = root
        self._language = language
        self._known = known

    def read(self) -> Content:
        """Read every file; what is broken becomes a problem, and the others are there."""
        return Reader(self._root, language=self._language, known=self._known).read()

    def write_new(self, path: str, text: str) -> bool:
        """Write a new file below the content folder; False when it exists, which is then left alone."""
        try:
            return files.create_text(self._root / "content" / path, text)
        except OSError as error:
            raise TemporaryFailure(f"content/{path} cannot be written: {error.strerror}") from error

    def file_paper(self, paper: FiledPaper) -> str:
        """Write what is known of a paper to its file, over one that is there; give the path of the file."""
        record = paper.paper
        reference = PaperReference(pmid=record.pmid, doi=record.doi, title=record.title, year=record.year)
        path = f"papers/{paper_id(reference)}.json"
        (self._root / "content" / "papers").mkdir(parents=True, exist_ok=True)
        files.replace_text(self._root / "content" / path, papers.write(paper))
        return path

    def write_approval(self, issue: Issue) -> None:
        """Write the approval that *issue* carries into its file, every other byte unchanged."""
        if issue.approval is None:
            raise UserError(f"the issue {issue.slug} carries no approval")
        path = self._root / issue.where.file
        files.replace_text(path, with_approval(path.read_bytes().decode(), issue.approval))
