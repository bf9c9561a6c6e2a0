"""The content folder of a site on disk."""

from pathlib import Path

from vesicle.model.content import Content
from vesicle.model.errors import UserError
from vesicle.model.issue import Issue
from vesicle.store import files
from vesicle.store.content.approval import with_approval
from vesicle.store.content.reader import Reader
from vesicle.store.content.references import Known


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
        return files.create_text(self._root / "content" / path, text)

    def write_approval(self, issue: Issue) -> None:
        """Write the approval that *issue* carries into its file, every other byte unchanged."""
        if issue.approval is None:
            raise UserError(f"the issue {issue.slug} carries no approval")
        path = self._root / issue.where.file
        files.replace_text(path, with_approval(path.read_bytes().decode(), issue.approval))
