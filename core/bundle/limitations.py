"""What limits a model: how its images were split, and why its results may be too high."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.data.groups import joins_patients, joins_sub_folders

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.bundle.manifest import Manifest

NOT_A_DEVICE = (
    "**Not a medical device.** For teaching and research only: not tested on patients, not for diagnosis or"
    " treatment decisions."
)
NOT_A_DEVICE_IN_SHORT = "**Not a medical device:** for teaching and research only."
# Stands where the sensitivity and specificity at the operating point would.
NO_OPERATING_POINT = (
    "No operating point: the model has no positive class; train it with --positive-class CLASS to get one."
)
PROTOCOLS = {
    "clean": "Images are split by near-duplicate groups; no near-duplicate of a test image was found in the"
    " training set.",
    "naive": "Images are split at random, without checking for near-duplicates.",
    "paper": "Every PNG file counts as an image, segmentation masks included; files are split by class, as in"
    " the paper.",
}
LEAKS = {
    "naive": "near-duplicates of test images are in the training set, so its results are too high",
    "paper": "segmentation masks count as images, and near-duplicates of test images are in the training set,"
    " so its results are far too high",
}


def describe_split(manifest: Manifest, escape: Callable[[str], str]) -> str:
    """Describe how the images were split into training, validation and test set.

    Args:
        manifest: manifest of the bundle.
        escape: function that escapes a file name for the place where it is shown.
    """
    given, fold = manifest.given_split, manifest.held_out_fold
    if fold is not None:
        return f"The test set is all of {escape(fold.name)}. {PROTOCOLS[manifest.protocol]}"
    if given is None:
        return PROTOCOLS[manifest.protocol]
    return given.described(escape, manifest.protocol, grouped=joins_patients(manifest.grouping))


def describe_held_out(manifest: Manifest, escape: Callable[[str], str]) -> str:
    """Return what stands behind the name of the data where a source of them was held out: `` without X``.

    Args:
        manifest: manifest of the bundle.
        escape: function that escapes a name for the place where it is shown.
    """
    fold = manifest.held_out_fold
    return "" if fold is None else f" without {escape(fold.name)}"


def warnings(manifest: Manifest, escape: Callable[[str], str] = str) -> list[str]:
    """Return what limits the validity of a bundle's results, one sentence per limit.

    Args:
        manifest: manifest of the bundle.
        escape: function that escapes a name of weights for the place where it is shown.
    """
    found = []
    if manifest.data.simulated:
        found.append("This model was trained on simulated images; its results do not apply to patients.")
    if given := manifest.given_split:
        test = manifest.metrics.images
        found += given.warnings(manifest.protocol, test, grouped=joins_patients(manifest.grouping))
    elif manifest.protocol in LEAKS:
        patients = "; images of one patient may be in both sets" if joins_patients(manifest.grouping) else ""
        found.append(f"The protocol `{manifest.protocol}` leaks: {LEAKS[manifest.protocol]}{patients}.")
    if groups := manifest.implausible_groups:
        left_out = groups.conflicting and manifest.protocol == "clean"
        found.append(
            f"The near-duplicate groups of its data look wrong: {' and '.join(groups.findings())}. If these "
            "are different images, they count as one in the confidence intervals"
            f"{', and images were left out,' if left_out else ''} by mistake."
        )
    ancestry = manifest.ancestry
    if ancestry.models and manifest.protocol != "clean":
        found.append(
            f"Its weights come from {escape(ancestry.models[0])}, which may have been trained on test images:"
            f" the protocol `{manifest.protocol}` does not check this."
        )
    if ancestry.unknown:
        found.append(
            f"Its weights come from {', '.join(map(escape, ancestry.unknown))}, whose training images are not"
            " known: test images may be among them."
        )
    if unknown := manifest.data.without_patient_ids():
        whose = (
            "The data has"
            if len(unknown) == len(manifest.data.each())
            else f"{escape(' and '.join(unknown))} {'has' if len(unknown) == 1 else 'have'}"
        )
        by_folder = manifest.protocol == "clean" and joins_sub_folders(manifest.grouping)
        where = "where sub-folders do not tell patients apart, " if by_folder else ""
        found.append(
            f"{whose} no patient ids: {where}the training and the test set may share patients, and images of "
            "one patient were counted as independent in the confidence intervals."
        )
    return found
