"""What the licence of a bundle's images, free text in its manifest, allows a page to publish."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.data.provenance import DataSource

# After ``_plain``. A network is made from the images, and a page hands it to every visitor.
_FORBIDS = re.compile(
    r"by-(nc-)?nd\b|no-?deriv|\bnot-(to-)?(be-)?(re-?distribute|share|publish)|"
    r"\bno-(re-?distribution|publication|sharing)|"
    r"all-rights-reserved|\bconfidential\b|\bproprietary\b"
)
_ALLOWS_COPIES = re.compile(
    r"\bcc-?0\b|\bcc-?by\b|creative-commons-(attribution|zero)|public-domain|\bodc-by\b|\bpddl\b|"
    r"\bdistribution-allowed\b"
)


def forbidden_by(data: DataSource) -> DataSource | None:
    """Return the first source whose licence forbids to publish what is made from its images, or None."""
    return next((one for one in (data, *data.each()) if _FORBIDS.search(_plain(one))), None)


def without_permission(data: DataSource) -> DataSource | None:
    """Return the first source of real images whose licence does not say that copies may be published.

    Those of a simulation may always be shown.
    """
    closed = (one for one in data.each() if not (one.simulated or _ALLOWS_COPIES.search(_plain(one))))
    return forbidden_by(data) or next(closed, None)


def _plain(source: DataSource) -> str:
    return re.sub(r"[\s_]+", "-", (source.licence or "").casefold())
