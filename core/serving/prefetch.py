"""Pull the models of the setting ``MODEL`` while an image of the app is built.

The build runs ``python -m core.serving.prefetch``. The app then starts with them in its cache and makes
no request to the Hub.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from core.errors import UserError
from core.hub.pull import pull
from core.serving import catalog

# Mount point of this secret in `docker build` and in the build of a Space.
SECRET = Path("/run/secrets/HF_TOKEN")


def prefetch(setting: str | None, token: str | None) -> list[str]:
    """Pull the models of the setting into the cache and verify them.

    Args:
        setting: value of ``MODEL``; None or blank for the embedded bundles.
        token: access token for private models.

    Returns:
        A sentence per model.

    Raises:
        UserError: a name of the Hub has no commit, or the model cannot be pulled.
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
    return sentences


def main() -> None:
    """Pull the models; a UserError is one line on stderr and exit code 2."""
    token = SECRET.read_text(encoding="utf-8").strip() if SECRET.is_file() else None
    try:
        sys.stdout.writelines(f"{sentence}\n" for sentence in prefetch(os.environ.get("MODEL"), token))
    except UserError as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
