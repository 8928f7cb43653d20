"""Files, commits and repositories of the test Hub."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request


@dataclass(frozen=True)
class Blob:
    """A file of a commit: its bytes, or the name of an LFS object."""

    oid: str
    size: int
    data: bytes | None = None
    sha256: str | None = None

    @classmethod
    def regular(cls, data: bytes) -> Blob:
        return cls(_git_hash(data), len(data), data=data)

    @classmethod
    def lfs(cls, sha256: str, size: int) -> Blob:
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
        return cls(_git_hash(pointer.encode()), size, sha256=sha256)


@dataclass
class Repo:
    """Commits, newest last under each branch; a revision is a branch, a tag or a commit."""

    private: bool = False
    gated: bool = False
    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    # Of a Space.
    sdk: str | None = None
    variables: dict[str, str] = field(default_factory=dict)

    def resolve(self, revision: str) -> str:
        commit = self.branches.get(revision) or self.tags.get(revision) or revision
        if commit not in self.commits:
            raise RefusedError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit

    @property
    def newest(self) -> dict[str, Blob]:
        """Files of the newest commit of its main branch."""
        return self.commits[self.branches["main"]]

    def history(self, revision: str) -> list[str]:
        """Return the commits of a revision, newest first."""
        found = [self.resolve(revision)]
        while parent := self.parents[found[-1]]:
            found.append(parent)
        return found

    def add(self, branch: str, files: dict[str, Blob]) -> str:
        parent = self.branches.get(branch, "")
        text = json.dumps(
            [parent, len(self.commits), sorted((name, blob.oid) for name, blob in files.items())]
        )
        commit = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        self.commits[commit] = files
        self.parents[commit] = parent
        self.branches[branch] = commit
        return commit


class RefusedError(Exception):
    """An answer other than 2xx, with the headers by which the client chooses its exception."""

    def __init__(self, status: int, code: str | None, message: str):
        super().__init__(message)
        headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
        self.response = JSONResponse({"error": message}, status, headers)


def _git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def ranged(request: Request, data: bytes, headers: dict[str, str]) -> Response:
    """Return the bytes that a request asks for, all of them without a range."""
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
    if not match:
        return Response(data, headers=headers)
    start, end = int(match[1]), min(int(match[2] or len(data) - 1), len(data) - 1)
    return Response(
        data[start : end + 1], 206, headers | {"Content-Range": f"bytes {start}-{end}/{len(data)}"}
    )
