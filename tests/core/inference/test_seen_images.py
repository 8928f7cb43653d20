"""Images that an evaluation leaves out because the model has seen them."""

from pathlib import Path

import pandas as pd
import pytest
from bundles import make_bundle

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT
from core.inference.seen_images import SeenCounts, count_seen, find_seen_images


@pytest.mark.parametrize("grouped", [False, True])
def test_each_image_has_the_reason_why_the_model_knows_it(tmp_path: Path, grouped: bool) -> None:
    make_bundle(tmp_path / "bundle")
    bundle = open_bundle(tmp_path / "bundle")
    split = bundle.table(SPLIT)
    seen = split[split["set"] != "test"].iloc[:2]
    new = {"sha256": "0" * 64, "fingerprint": ""}
    images = pd.DataFrame(
        [
            {"sha256": seen["sha256"].iloc[0], "fingerprint": "", "group": 1},
            {"sha256": "1" * 64, "fingerprint": seen["fingerprint"].iloc[1], "group": 2},
            new | {"group": 2},
            new | {"group": 3},
        ],
        index=[9, 4, 7, 2],
    )
    reasons = find_seen_images(bundle, images, grouped=grouped)
    related = "the same group" if grouped else ""
    assert reasons.to_dict() == {9: "the same pixels", 4: "near-duplicate", 7: related, 2: ""}
    counts = count_seen(reasons)
    assert counts == SeenCounts(same_pixels=1, near_duplicates=1, mirror_images=0, same_group=int(grouped))
    assert counts.described() == "1 with the same pixels, 1 near-duplicate" + (
        ", 1 in one group with these" if grouped else ""
    )
    assert count_seen(reasons[reasons == ""]) is None


def test_many_seen_images_are_warned_of_with_the_usual_cause() -> None:
    own = SeenCounts(same_pixels=4, near_duplicates=3, mirror_images=1, same_group=0)
    assert own.warning(41) == own.warning(19) == ""
    assert own.warning(40) == (
        "Warning: 20% of the images were in the model's training or validation set. The data has images of "
        "the model's training data."
    )
    framed = own.model_copy(update={"same_pixels": 3})
    assert "a frame or text that these images share" in framed.warning(20)
