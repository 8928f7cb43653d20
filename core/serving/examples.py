"""Example images with known classes: of a bundle's test set, of a folder, or of a data set on the Hub."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from core.bundle.manifest import TEST_SET
from core.data.class_names import key_of
from core.data.image_facts import pixel_hash, read_image
from core.data.listing import IMAGE, utf8_name
from core.data.mask_names import mask_owners
from core.data.provenance import DataSource, combine
from core.data.reader import DEFAULT, Folder, read_folders
from core.data.sample import draw
from core.errors import UserError
from core.hub.dataset import open_dataset
from core.hub.limited import Limit
from core.hub.repository import pinned_data_set
from core.images.content import look
from core.images.limits import ImageError
from core.serving import data_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.bundle.folder import Bundle
    from core.progress import Progress

LIMIT = Limit(images=200, size=200 * 10**6)
# A path of the server in a message: of an address or of a name on the Hub no slash stands at the beginning.
_PATH = re.compile(r"""(?:^|[\s'"(\[=])(?:/|~|[A-Za-z]:\\)""")


class Example(NamedTuple):
    """An example image that has not been decoded.

    Attributes:
        sha256: SHA-256 of the pixels of the original.
        true_class: label.
        read: function that returns the pixels, uint8 [H, W, 3]; None where they cannot be had any more.
    """

    sha256: str
    true_class: str
    read: Callable[[], NDArray[np.uint8] | None]


class Examples(NamedTuple):
    """Example images of one source, at most ``LIMIT``, of all classes in turn.

    Attributes:
        images: the images.
        source: the data set that they are from.
        tested: whether they are test images of the model that is shown.
    """

    images: tuple[Example, ...]
    source: DataSource
    tested: bool


def of_bundle(bundle: Bundle) -> Examples | None:
    """Return the test images that a bundle holds, as its network saw them; None without any.

    None also where preprocessing crops: it would crop what has been cropped once more.

    Raises:
        BundleError: the images or their table cannot be read.
    """
    stored = bundle.test_images()
    if not stored or bundle.manifest.recipe.preprocessing.border_crop:
        return None
    return _of_test_set(bundle, list(stored), lambda sha256: lambda: stored[sha256])


def of_folder(folder: Path, files: Mapping[str, Path], bundle: Bundle) -> Examples | None:
    """Return images of a folder, test images of the bundle or else others with a class of its model.

    None for a teaching model without test images there: of other images it has seen none like them.

    Args:
        folder: folder of images in class folders, or with a table of labels.
        files: images in it by the SHA-256 of their pixels, from ``core.serving.data_folder.index``.
        bundle: the model that is shown.

    Raises:
        BundleError: the table of the test set cannot be read.
        UserError: no image of the folder can be read, or none has a class of the model.
    """
    tested = _of_test_set(bundle, list(files), lambda sha256: _reader(files[sha256], sha256))
    if tested is not None:
        return tested._replace(source=_source_of(bundle, tested))
    if bundle.manifest.data.simulated:
        return None
    name = utf8_name(folder.resolve().name) or "data"
    if not files:
        raise UserError(f"{name} has no image that can be read.")
    data = DataSource(name=name, simulated=False, patient_ids=False)
    return of_classes(_of_files(Folder(folder, name, data)), bundle)


def fetch(setting: str, progress: Progress, token: str | None = None) -> Examples:
    """Return images of the data set that ``EXAMPLES`` names; once fetched, it costs no request.

    Args:
        setting: ``hf://datasets/USER/NAME@COMMIT``.
        progress: function that reports the steps.
        token: access token; by default HF_TOKEN or the stored one.

    Raises:
        UserError: the setting is wrong; the data set cannot be fetched, is too large, or has no image whose
            class is known.
    """
    pinned = pinned_data_set(setting)
    found = open_dataset(str(pinned), progress, limit=LIMIT, token=token)
    source = DataSource(
        name=pinned.name, simulated=False, patient_ids=False, licence=found.licence, citation=found.page
    )
    return _of_files(Folder(found.folder, pinned.name.rpartition("/")[2], source))


def of_classes(found: Examples, bundle: Bundle) -> Examples:
    """Return those examples whose class is one of the bundle's model, spelled as the model spells it.

    Raises:
        UserError: there is none.
    """
    spelled = {key_of(name): name for name in bundle.manifest.class_names}
    images = tuple(
        one._replace(true_class=spelled[key])
        for one in found.images
        if (key := key_of(one.true_class)) in spelled
    )
    if not images:
        known = ", ".join(bundle.manifest.class_names)
        raise UserError(f"{found.source.name} has no image of a class of the model: {known}.")
    return found._replace(images=images)


def reason(error: BaseException, what: str) -> str:
    """Return why examples cannot be had, as a sentence for visitors, who must not see the server's paths.

    Args:
        error: what was raised.
        what: beginning of the sentence where the message cannot be shown: what cannot be used.
    """
    if isinstance(error, UserError) and not _PATH.search(str(error)):
        return str(error)
    return f"{what} cannot be used; the log of the app says why."


def _of_test_set(
    bundle: Bundle,
    known: Sequence[str],
    reader: Callable[[str], Callable[[], NDArray[np.uint8] | None]],
) -> Examples | None:
    table = bundle.table(TEST_SET)
    table = table[table["sha256"].isin(set(known))].drop_duplicates("sha256")
    if table.empty:
        return None
    hashes, classes = table["sha256"].tolist(), table["true_class"].tolist()
    images = tuple(
        Example(hashes[position], classes[position], reader(hashes[position]))
        for position in draw(classes, LIMIT.images)
    )
    return Examples(images, bundle.manifest.data, tested=True)


def _source_of(bundle: Bundle, found: Examples) -> DataSource:
    """Return what is known of the sources that test images are from: a folder may have those of one alone."""
    data, table = bundle.manifest.data, bundle.table(TEST_SET)
    names = set(table.loc[table["sha256"].isin({one.sha256 for one in found.images}), "source"])
    parts = {name: part for name, part in data.parts.items() if name in names}
    return combine(parts) if parts else data


def _of_files(folder: Folder) -> Examples:
    data = read_folders([folder], DEFAULT)
    files = data.files
    images = files[(files["content"] == IMAGE) & (files["problem"] == "") & (files["class"] != "")]
    masks = {*data.owners, *mask_owners(images["file"])}
    images = images[~images["file"].isin(masks)]
    names, classes = images["file"].tolist(), images["class"].tolist()
    found: dict[str, Example] = {}
    for position in draw(classes, len(names)):
        if len(found) == LIMIT.images:
            break
        path = data.folders.path(names[position])
        sha256 = _hash_of_image(path)
        if sha256 is not None:
            found.setdefault(sha256, Example(sha256, classes[position], _reader(path, sha256)))
    if not found:
        raise UserError(f"{folder.data.name} has no image whose class is known.")
    (source,) = data.sources.values()
    return Examples(tuple(found.values()), source, tested=False)


def _hash_of_image(path: Path) -> str | None:
    """Return the hash of a file's pixels, or None where it is no ultrasound image, such as a mask."""
    try:
        pixels = read_image(path)
    except ImageError:
        return None
    return None if look(pixels) else pixel_hash(pixels)


def _reader(path: Path, sha256: str) -> Callable[[], NDArray[np.uint8] | None]:
    return lambda: data_folder.read(path, sha256)
