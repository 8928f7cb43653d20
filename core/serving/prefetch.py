"""Pull the models of ``MODEL`` and the examples of ``EXAMPLES`` while an image of the app is built.

The build runs ``python -m core.serving.prefetch``. The app then starts with them in its cache and makes
no request to the Hub.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from core.errors import UserError
from core.hub.pull import pull
from core.serving import catalog, examples

# Mount point of this secret in `docker build` and in the build of a Space.
SECRET = Path("/run/secrets/HF_TOKEN")


def prefetch(setting: str | None, token: str | None, data_set: str | None = None) -> list[str]:
    """Pull the models of the setting into the cache and verify them, and fetch the example images.

    Args:
        setting: value of ``MODEL``; None or blank for the embedded bundles.
        token: access token for private models and data sets.
        data_set: value of ``EXAMPLES``; None or blank for none.

    Returns:
        A sentence per model, and one on the example images.

    Raises:
        UserError: a name of the Hub has no commit, or what it names cannot be fetched.
    """
    sentences = []
    for name in catalog.offered(setting).values():
        if catalog.is_unpinned(name):
            raise UserError(
                f"{name} is not pinned; give a commit, which `python train_cli.py pull {name}` prints."
            )
        pulled = pull(name, token=token)
        source = f"commit {pulled.commit[:7]}" if pulled.commit else "local folder"
        sentences.append(f"Verified {pulled.name} ({source}).")
    if data_set and data_set.strip():
        found = examples.fetch(data_set, lambda *_: None, token)
        sentences.append(f"Fetched {len(found.images)} example images of {data_set.strip()}.")
    return sentences


def main() -> None:
    """Pull models and example images; a UserError is one line on stderr and exit code 2."""
    token = SECRET.read_text(encoding="utf-8").strip() if SECRET.is_file() else None
    try:
        sentences = prefetch(os.environ.get("MODEL"), token, os.environ.get("EXAMPLES"))
        sys.stdout.writelines(f"{sentence}\n" for sentence in sentences)
    except UserError as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
