"""Fetch the models that ``MODEL`` names while an image of the app is built (``python -m`` this module).

The app then starts with them in its cache and asks the Hub nothing.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from core.errors import UserError
from core.hub.pull import pull
from core.serving import catalog

# Where `docker build` and a Space put the secret of this name, for one step of the build.
SECRET = Path("/run/secrets/HF_TOKEN")


def prefetch(setting: str | None, token: str | None) -> list[str]:
    """Fetch the models of the setting into the cache and check them.

    Args:
        setting: as ``MODEL``; None or blank stands for the embedded bundles.
        token: for private models.

    Returns:
        A sentence about each model.

    Raises:
        UserError: a name of the Hub has no commit, or the model cannot be had.
    """
    sentences = []
    for name in catalog.offered(setting).values():
        if catalog.can_move(name):
            raise UserError(
                f"{name} may stand for another model tomorrow: name the commit, as "
                f"`python train_cli.py pull {name}` tells it."
            )
        pulled = pull(name, token=token)
        where = f"commit {pulled.commit[:7]}" if pulled.commit else "it comes with the program"
        sentences.append(f"{pulled.name} is here and whole: {where}.")
    return sentences


def main() -> None:
    """Do it; what a user can put right is one line on stderr and exit code 2."""
    token = SECRET.read_text(encoding="utf-8").strip() if SECRET.is_file() else None
    try:
        sys.stdout.writelines(f"{sentence}\n" for sentence in prefetch(os.environ.get("MODEL"), token))
    except UserError as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
