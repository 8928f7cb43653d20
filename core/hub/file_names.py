"""File names in the revisions of a published bundle."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from core.bundle.manifest import SPLIT
from core.csv_table import read_csv
from core.data.published_split import is_hidden_name
from core.hub.client import remote_files

if TYPE_CHECKING:
    from huggingface_hub import HfApi

    from core.hub.repository import Repository


def revision_with_file_names(api: HfApi, repository: Repository) -> str | None:
    """Return a commit whose split table has file names, not hash prefixes; None without one.

    Hiding names in a new commit leaves the earlier ones as they are: whoever may read the repository can open
    every commit of its branches and tags.

    Args:
        api: client of the Hub.
        repository: existing repository.
    """
    refs = api.list_repo_refs(repository.name)
    heads = [ref.target_commit for ref in (*refs.branches, *refs.tags)]
    commits = {
        commit.commit_id: None
        for head in dict.fromkeys(heads)
        for commit in api.list_repo_commits(repository.name, revision=head)
    }
    hidden: set[str] = set()
    for commit in commits:
        table = remote_files(api, repository.name, commit).get(SPLIT)
        if table is None or table.blob_id in hidden:
            continue
        with tempfile.TemporaryDirectory() as folder:  # not the cache, which would hold part of a commit
            path = api.hf_hub_download(repository.name, SPLIT, revision=commit, local_dir=folder)
            if _has_file_names(Path(path)):
                return commit
        hidden.add(table.blob_id)
    return None


def _has_file_names(path: Path) -> bool:
    try:
        table = read_csv(path)
    except ValueError:  # not a table: what it is may well be a list of names
        return True
    return "file" in table and not table["file"].map(is_hidden_name).all()
