"""What the test Hub knows and answers: repositories, who may see them, and every endpoint of the client.

Nothing here opens a connection; ``hub_server.py`` puts it on the wire.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from hub_cards import front_matter, problems
from hub_objects import Blob, RefusedError, Repo, ranged
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

USER = "ann"
LFS_NAMES = re.compile(r"\.(onnx|npy|parquet|h5|png|zip)$")
# Small, so that every listing of a bundle arrives in several pages.
PAGE = 4


class HubRepos:
    """Repositories by (kind, name), and the answer to each request."""

    def __init__(self, objects: Path, endpoint: str, storage: str):
        self.repos: dict[tuple[str, str], Repo] = {}
        self.tokens = {role: f"hf_{role}{secrets.token_hex(12)}" for role in ("read", "write")}
        self.endpoint = endpoint
        self._storage = storage
        self.objects = objects
        self.objects.mkdir(parents=True, exist_ok=True)

    def commit(
        self,
        name: str,
        files: dict[str, bytes],
        branch: str = "main",
        kind: str = "models",
        **settings: bool,
    ) -> str:
        """Make a commit as somebody else would, creating the repository if need be."""
        repo = self.repos.setdefault((kind, name), Repo())
        for setting, value in settings.items():
            setattr(repo, setting, value)
        before = repo.commits.get(repo.branches.get(branch, ""), {})
        return repo.add(branch, before | {path: Blob.regular(data) for path, data in files.items()})

    def empty(self) -> None:
        """Forget every repository and every LFS object."""
        self.repos.clear()
        for stored in self.objects.iterdir():
            stored.unlink()

    def model(self, name: str) -> Repo:
        return self.repos["models", name]

    def space(self, name: str) -> Repo:
        return self.repos["spaces", name]

    def content(self, name: str, path: str, revision: str = "main", kind: str = "models") -> bytes:
        repo = self.repos[kind, name]
        return self._bytes(repo.commits[repo.resolve(revision)][path])

    def answer(self, request: Request, body: bytes, path: str) -> Response:
        for method, pattern, handler in ROUTES:
            match = re.fullmatch(pattern, path)
            if match and request.method in method.split():
                # Each segment is decoded on its own: a revision may hold an encoded slash.
                return handler(self, request, body, *(unquote(group or "") for group in match.groups()))
        raise RefusedError(404, None, f"this Hub has no {request.method} {path}")

    # Who may do what.

    def _role(self, request: Request, needed: str | None = None) -> str | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        role = next((role for role, known in self.tokens.items() if token == known), None)
        if token and role is None:
            raise RefusedError(401, None, "Invalid credentials in Authorization header")
        if needed == "write" and role != "write":
            message = "You don't have the rights to do this" if role else "Please log in"
            raise RefusedError(403 if role else 401, None, message)
        return role

    def _repo(self, request: Request, kind: str, name: str, needed: str | None = None) -> Repo:
        role = self._role(request, needed)
        repo = self.repos.get((kind or "models", name))
        if repo is None or (repo.private and role is None):
            raise RefusedError(404 if role else 401, "RepoNotFound", "Repository not found")
        return repo

    # Endpoints.

    def _whoami(self, request: Request, _body: bytes) -> Response:
        role = self._role(request)
        if role is None:
            raise RefusedError(401, None, "Invalid username or password.")
        return JSONResponse({"name": USER, "type": "user", "auth": {"accessToken": {"role": role}}})

    def _validate_yaml(self, _request: Request, body: bytes) -> Response:
        asked = json.loads(body)
        errors = problems(asked["content"], asked["repoType"])
        return JSONResponse({"errors": errors, "warnings": []}, 400 if errors else 200)

    def _create_repo(self, request: Request, body: bytes) -> Response:
        self._role(request, "write")
        asked = json.loads(body)
        name = f"{asked.get('organization') or USER}/{asked['name']}"
        if not name.startswith(f"{USER}/"):
            raise RefusedError(403, None, "You don't have the rights to create a repo under this namespace")
        key = (f"{asked.get('type') or 'model'}s", name)
        exists = key in self.repos
        if not exists:
            repo = self.repos[key] = Repo(private=asked.get("visibility") == "private", sdk=asked.get("sdk"))
            repo.variables = {item["key"]: item["value"] for item in asked.get("variables", [])}
            repo.add("main", {".gitattributes": Blob.regular(b"*.onnx filter=lfs\n")})
        room = "" if key[0] == "models" else f"{key[0]}/"
        return JSONResponse({"url": f"{self.endpoint}/{room}{name}"}, 409 if exists else 200)

    def _variables(self, request: Request, body: bytes, name: str) -> Response:
        repo = self._repo(request, "spaces", name, "write")
        if request.method == "POST":
            item = json.loads(body)
            repo.variables[item["key"]] = item["value"]
        return JSONResponse({key: {"key": key, "value": value} for key, value in repo.variables.items()})

    def _info(self, request: Request, _body: bytes, kind: str, name: str, revision: str) -> Response:
        repo = self._repo(request, kind, name)
        commit = repo.resolve(revision or "main")
        files = [{"rfilename": path} for path in repo.commits[commit]]
        card = repo.commits[commit].get("README.md")
        metadata = front_matter(self._bytes(card).decode()) if card else None
        about = {"id": name, "sha": commit, "private": repo.private, "gated": repo.gated, "sdk": repo.sdk}
        return JSONResponse(about | {"siblings": files, "cardData": metadata})

    def _tree(self, request: Request, _body: bytes, kind: str, name: str, revision: str) -> Response:
        repo = self._repo(request, kind, name)
        files = sorted(repo.commits[repo.resolve(revision)].items())
        start = int(request.query_params.get("cursor", 0))
        rows = [
            {"type": "file", "path": path, "oid": blob.oid, "size": blob.size}
            | ({"lfs": {"oid": blob.sha256, "size": blob.size, "pointerSize": 130}} if blob.sha256 else {})
            for path, blob in files[start : start + PAGE]
        ]
        url = f"{self.endpoint}{request.scope['raw_path'].decode()}?recursive=true&cursor={start + PAGE}"
        return JSONResponse(
            rows, headers={"Link": f'<{url}>; rel="next"'} if start + PAGE < len(files) else {}
        )

    def _refs(self, request: Request, _body: bytes, kind: str, name: str) -> Response:
        repo = self._repo(request, kind, name)

        def rows(refs: dict[str, str], room: str) -> list[dict[str, str]]:
            return [
                {"name": n, "ref": f"refs/{room}/{n}", "targetCommit": commit} for n, commit in refs.items()
            ]

        return JSONResponse(
            {"branches": rows(repo.branches, "heads"), "tags": rows(repo.tags, "tags"), "converts": []}
        )

    def _commits(self, request: Request, _body: bytes, kind: str, name: str, revision: str) -> Response:
        rest = {"authors": [], "title": "", "message": "", "date": "2026-01-01T00:00:00.000Z"}
        return JSONResponse(
            [{"id": each} | rest for each in self._repo(request, kind, name).history(revision)]
        )

    def _tag(self, request: Request, body: bytes, kind: str, name: str, revision: str) -> Response:
        repo = self._repo(request, kind, name, "write")
        tag = json.loads(body)["tag"]
        if tag in repo.tags:
            raise RefusedError(409, None, f"Tag {tag} already exists")
        repo.tags[tag] = repo.resolve(revision)
        return JSONResponse({})

    def _branch(self, request: Request, body: bytes, kind: str, name: str, branch: str) -> Response:
        repo = self._repo(request, kind, name, "write")
        if branch in repo.branches:
            raise RefusedError(409, None, f"Branch {branch} already exists")
        repo.branches[branch] = repo.resolve(json.loads(body or b"{}").get("startingPoint", "main"))
        return JSONResponse({})

    def _preupload(self, request: Request, body: bytes, kind: str, name: str, revision: str) -> Response:
        repo = self._repo(request, kind, name, "write")
        there = repo.commits[repo.resolve(revision)]

        def row(path: str) -> dict[str, Any]:
            blob = there.get(path)
            mode = "lfs" if LFS_NAMES.search(path) else "regular"
            return {"path": path, "uploadMode": mode, "shouldIgnore": False} | (
                {"oid": blob.sha256 or blob.oid} if blob else {}
            )

        return JSONResponse({"files": [row(file["path"]) for file in json.loads(body)["files"]]})

    def _lfs_batch(self, request: Request, body: bytes, kind: str, name: str) -> Response:
        self._repo(request, kind, name, "write")
        objects = [{"oid": item["oid"], "size": item["size"]} for item in json.loads(body)["objects"]]
        for item in objects:
            if not (self.objects / item["oid"]).exists():
                verify = f"{self.endpoint}{request.scope['path'].removesuffix('objects/batch')}verify"
                upload = {"href": f"{self._storage}/{item['oid']}", "header": {}}
                item["actions"] = {"upload": upload, "verify": {"href": verify}}
        return JSONResponse({"transfer": "basic", "objects": objects})

    def _lfs_verify(self, request: Request, body: bytes, kind: str, name: str) -> Response:
        self._repo(request, kind, name, "write")
        item = json.loads(body)
        if not (self.objects / item["oid"]).exists():
            raise RefusedError(404, None, "no such object")
        return JSONResponse({})

    def _store(self, _request: Request, body: bytes, sha256: str) -> Response:
        if hashlib.sha256(body).hexdigest() != sha256:
            raise RefusedError(400, None, "the bytes are not those announced")
        (self.objects / sha256).write_bytes(body)
        return Response()

    def _fetch(self, request: Request, _body: bytes, sha256: str) -> Response:
        return ranged(request, (self.objects / sha256).read_bytes(), {"ETag": f'"{sha256}"'})

    def _commit(self, request: Request, body: bytes, kind: str, name: str, branch: str) -> Response:
        repo = self._repo(request, kind, name, "write")
        files = dict(repo.commits[repo.resolve(branch)])
        for line in body.splitlines():
            item = json.loads(line)
            value = item["value"]
            if (
                item["key"] == "header"
                and value.get("parentCommit", repo.branches[branch]) != repo.branches[branch]
            ):
                raise RefusedError(412, None, "A commit has happened since. Please refresh and try again.")
            if item["key"] == "file":
                files[value["path"]] = Blob.regular(base64.b64decode(value["content"]))
            if item["key"] == "lfsFile":
                if not (self.objects / value["oid"]).exists():
                    raise RefusedError(400, None, "LFS object was not uploaded")
                files[value["path"]] = Blob.lfs(value["oid"], value["size"])
            if item["key"] == "deletedFile":
                if value["path"] not in files:
                    raise RefusedError(404, "EntryNotFound", "A file with this name doesn't exist")
                del files[value["path"]]
        commit = repo.add(branch, files)
        return JSONResponse({"commitUrl": f"{self.endpoint}/{name}/commit/{commit}", "commitOid": commit})

    def _resolve(
        self, request: Request, _body: bytes, kind: str, name: str, revision: str, path: str
    ) -> Response:
        repo = self._repo(request, kind, name)
        if repo.gated:
            raise RefusedError(
                403 if self._role(request) else 401, "GatedRepo", f"Access to {name} is restricted"
            )
        commit = repo.resolve(revision)
        blob = repo.commits[commit].get(path)
        if blob is None:
            raise RefusedError(404, "EntryNotFound", "Entry not found")
        headers = {"X-Repo-Commit": commit, "ETag": f'"{blob.sha256 or blob.oid}"'}
        if blob.sha256:
            linked = {"X-Linked-Etag": f'"{blob.sha256}"', "X-Linked-Size": str(blob.size)}
            location = {"Location": f"{self._storage}/{blob.sha256}"}
            return Response(status_code=302, headers=headers | linked | location)
        return ranged(request, self._bytes(blob), headers)

    def _bytes(self, blob: Blob) -> bytes:
        return blob.data if blob.data is not None else (self.objects / blob.sha256).read_bytes()


_API = r"/api/(models|datasets|spaces)/([^/]+/[^/]+)"
_PAGE = r"/(?:(datasets|spaces)/)?([^/]+/[^/]+)"
ROUTES = [
    ("GET", r"/api/whoami-v2", HubRepos._whoami),
    ("POST", r"/api/validate-yaml", HubRepos._validate_yaml),
    ("POST", r"/api/repos/create", HubRepos._create_repo),
    ("GET POST", r"/api/spaces/([^/]+/[^/]+)/variables", HubRepos._variables),
    ("GET", rf"{_API}(?:/revision/([^/]+))?", HubRepos._info),
    ("GET", rf"{_API}/tree/([^/]+)", HubRepos._tree),
    ("GET", rf"{_API}/refs", HubRepos._refs),
    ("GET", rf"{_API}/commits/([^/]+)", HubRepos._commits),
    ("POST", rf"{_API}/tag/([^/]+)", HubRepos._tag),
    ("POST", rf"{_API}/branch/([^/]+)", HubRepos._branch),
    ("POST", rf"{_API}/preupload/([^/]+)", HubRepos._preupload),
    ("POST", rf"{_API}/commit/([^/]+)", HubRepos._commit),
    ("POST", rf"{_PAGE}\.git/info/lfs/objects/batch", HubRepos._lfs_batch),
    ("POST", rf"{_PAGE}\.git/info/lfs/verify", HubRepos._lfs_verify),
    ("PUT", r"/storage/([0-9a-f]{64})", HubRepos._store),
    ("GET HEAD", r"/storage/([0-9a-f]{64})", HubRepos._fetch),
    ("GET HEAD", rf"{_PAGE}/resolve/([^/]+)/(.+)", HubRepos._resolve),
]
