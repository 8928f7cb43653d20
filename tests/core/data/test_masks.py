"""No naming scheme puts a mask among the images, nor an image among the masks."""

from __future__ import annotations

import cv2
import numpy as np
import pandas as pd
import pytest
from paths import SHARED
from PIL import Image

from core.data.mask_names import mask_owners
from core.data.masks import find_masks
from core.data.phantom.simulate import simulate
from core.images.content import look

NAN = float("nan")
# Name of an image and of its masks: {c} is a class, {n} a number, {m} the number with zeros.
SCHEMES = {
    "BUSI": ("{c}/{c} ({n}).png", "{c}/{c} ({n})_mask.png", "{c}/{c} ({n})_mask_1.png"),
    "a folder around BUSI": ("BUSI_with_GT/{c}/{c} ({n}).png", "BUSI_with_GT/{c}/{c} ({n})_mask.png"),
    "BrEaST": ("case{m}.png", "case{m}_tumor.png", "case{m}_other1.png", "case{m}_other2.png"),
    "BrEaST in class folders": ("{c}/case{m}.png", "{c}/case{m}_tumor.png"),
    "BUS-BRA": ("Images/bus_{m}-l.png", "Masks/mask_{m}-l.png"),
    "BUS-BRA in one folder": ("all/bus_{m}-l.png", "all/mask_{m}-l.png"),
    "BUS-BRA in class folders": ("{c}/bus_{m}-r.png", "Masks/mask_{m}-r.png"),
    "UDIAT": ("original/{m}.png", "GT/{m}.png"),
    "UDIAT in class folders": ("{C}/{m}.png", "GT/{m}.png"),
    "BUS-UCLM": ("images/AB{c}_{m}.png", "masks/AB{c}_{m}.png"),
    "OASBUD": ("{m}_rf1.png", "{m}_roi1.png"),
    "twin folders, then classes": ("images/{c}/{n}.png", "masks/{c}/{n}.png"),
    "classes, then twin folders": ("{c}/images/{n}.png", "{c}/masks/{n}.png"),
    "sets, classes, twin folders": ("train/{c}/img/{n}.jpg", "train/{c}/seg/{n}.png"),
    "a mask folder within each class": ("{c}/{n}.png", "{c}/Ground Truth/{n}.png"),
    "class folders for masks": ("{c}/{n}.png", "{c}_masks/{n}.png"),
    "mask folder and suffix": ("images/{c}_{n}.jpg", "segmentations/{c}_{n}_segmentation.png"),
    "images in classes, all masks in one folder": ("{c}/{c}{m}.png", "annotations/{c}{m}_mask.png"),
    "spaces": ("{c}/scan {n}.png", "{c}/scan {n} Mask.png", "{c}/scan {n} Lesion.png"),
    "German": ("{c}/Bild {n}.png", "{c}/Bild {n} Maske.png"),
    "German, two words": ("{c}/Bild_{n}.png", "{c}/Maske_{n}.png"),
    "upper case": ("{C}/IMG{m}.PNG", "{C}/IMG{m}_MASK.PNG"),
    "camel case": ("{c}/patient{n}.png", "{c}/patient{n}Mask.png"),
    "numbered masks": ("{c}/{n}.png", "{c}/{n}_mask_1.png", "{c}/{n}_mask_2.png", "{c}/{n}_mask3.png"),
    "copies": ("{c}/{n}.png", "{c}/{n}_mask.png", "{c}/{n}_mask (2).png", "{c}/{n}_mask_mask.png"),
    "prefix": ("{c}/{n}.png", "{c}/mask_{n}.png"),
    "two prefixes": ("{c}/img-{m}.png", "{c}/gt-{m}.png"),
    "another word before the number": ("{c}/patient_{m}.png", "{c}/mask_{m}.png"),
    "another word, twin folders": ("{c}/images/patient {m}.png", "{c}/masks/gt {m}.png"),
    "word in the middle": ("{c}/p{m}_left.png", "{c}/p{m}_mask_left.png"),
    ".b": ("{c}/{n}.png", "{c}/{n}.b.png"),
    "a folder a case": ("{c}/case{n}/image.png", "{c}/case{n}/mask_1.png", "{c}/case{n}/mask_2.png"),
    "other ending": ("{c}/{n}.jpg", "{c}/{n}_mask.png"),
    "dots": ("{c}/us.{m}.tif", "{c}/us.{m}.seg.tif"),
    "a word that only its look explains": ("{c}/case{m}.png", "{c}/case{m}_xyz.png"),
    "the ending alone": ("{c}/{c}{n}.jpg", "{c}/{c}{n}.png"),
    "a folder that only its look explains": ("A/{c}{n}.png", "B/{c}{n}.png"),
    "two words that only their looks explain": ("{c}/case{m}_a.png", "{c}/case{m}_b.png"),
}  # fmt: skip
BY_LOOK = tuple(name for name in SCHEMES if "look" in name or name == "the ending alone")


def files_of(scheme: str) -> tuple[list[str], dict[str, str]]:
    """Return the images of a naming scheme, and mask → image."""
    image, *masks = SCHEMES[scheme]
    images, owners = [], {}
    for number in range(1, 25):
        label = "benign" if number % 2 else "malignant"
        words = {"c": label, "C": label.capitalize(), "n": number, "m": f"{number:04}"}
        images.append(image.format(**words))
        owners |= {mask.format(**words): images[-1] for mask in masks}
    return images, owners


def table(looks: dict[str, str], size: tuple[float, float] = (60, 40)) -> pd.DataFrame:
    rows = [(file, *size, look) for file, look in looks.items()]
    return pd.DataFrame(rows, columns=["file", "width", "height", "look"])


def found(looks: dict[str, str], owners: dict[str, str] | None = None) -> dict[str, tuple[str, str, str]]:
    listed = table(looks)
    result = find_masks(listed, owners or {})
    return dict(zip(listed["file"], result.itertuples(index=False, name=None), strict=True))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_mask_has_its_image_and_no_image_is_a_mask(scheme) -> None:
    images, owners = files_of(scheme)
    # As BUSI's normal images, every sixth has masks that are all black.
    blank = set(images[::6]) if scheme not in BY_LOOK else set()
    looks = dict.fromkeys(images, "")
    looks |= {mask: "blank" if image in blank else "black and white" for mask, image in owners.items()}
    expected = {image: ("image", image, "") for image in images}
    expected |= {mask: ("mask", image, "") for mask, image in owners.items()}
    assert found(looks) == expected
    assert mask_owners(sorted(looks)) == ({} if scheme in BY_LOOK else owners)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_mask_whose_image_is_deleted_is_a_mask_still_and_no_other_images(scheme) -> None:
    images, owners = files_of(scheme)
    deleted = set(images[::3])
    looks = dict.fromkeys((image for image in images if image not in deleted), "")
    looks |= dict.fromkeys(owners, "black and white")
    result = found(looks)
    for mask, image in owners.items():
        if image in deleted:
            kind, owner, reason = result[mask]
            assert (kind, owner) == ("mask", mask)
            assert reason in {"mask without image", "black and white"}
        else:
            assert result[mask] == ("mask", image, "")
    assert {file for file, row in result.items() if row[0] == "image"} == set(images) - deleted


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        # Every image of the data set is named so.
        (
            {"b/lesion_01.png": "", "b/lesion_02.png": "", "m/tumor 1.png": ""},
            {"b/lesion_01.png": "", "b/lesion_02.png": "", "m/tumor 1.png": ""},
        ),
        ({"label_0/1.png": "", "label_1/1.png": ""}, {"label_0/1.png": "", "label_1/1.png": ""}),
        ({"b/a_mask.png": "", "b/c.png": ""}, {"b/a_mask.png": "named like a mask", "b/c.png": ""}),
        ({"b/1.png": "blank", "b/2.png": ""}, {"b/1.png": "", "b/2.png": ""}),
    ],
)  # fmt: skip
def test_a_name_alone_makes_no_mask(looks, expected) -> None:
    assert found(looks) == {file: ("image", file, reason) for file, reason in expected.items()}


def test_what_is_black_and_white_is_no_image_whatever_its_name() -> None:
    looks = {
        "a/1.png": "black and white",
        "a/2.png": "",
        "a/10.png": "black and white",
        "b/gt/7.png": "blank",
    }
    assert found(looks) == {
        "a/1.png": ("mask", "a/1.png", "black and white"),
        "a/2.png": ("image", "a/2.png", ""),
        "a/10.png": ("mask", "a/10.png", "black and white"),
        "b/gt/7.png": ("mask", "b/gt/7.png", "mask without image"),
    }
    # One that is named like a mask of another is not that one's image.
    assert found(dict.fromkeys(["a/1.png", "a/1_mask.png"], "black and white")) == {
        "a/1.png": ("mask", "a/1.png", "black and white"),
        "a/1_mask.png": ("mask", "a/1_mask.png", "mask without image"),
    }


def test_a_crop_that_is_named_like_a_mask_is_left_out_with_a_reason() -> None:
    looks = {"a/case1.png": "", "a/case1_lesion.png": "", "a/case2.png": ""}
    assert found(looks)["a/case1_lesion.png"] == ("mask", "a/case1.png", "named like a mask")


def test_a_file_that_cannot_be_read_is_judged_by_its_name() -> None:
    listed = table({"a/1.png": "", "a/1_mask.png": "", "a/2_mask.png": ""}, (NAN, NAN))
    assert find_masks(listed).to_numpy().tolist() == [
        ["image", "a/1.png", ""],
        ["mask", "a/1.png", ""],
        ["image", "a/2_mask.png", ""],
    ]


def test_a_table_of_the_data_set_has_the_last_word() -> None:
    owners = {"x/7.png": "x/1.png", "x/8.png": "x/missing.png", "y/1.png": "x/1.png"}
    looks = {"x/1.png": "", "x/7.png": "black and white", "x/8.png": "black and white", "x/8_mask.png": ""}
    assert found(looks, owners) == {
        "x/1.png": ("image", "x/1.png", ""),
        "x/7.png": ("mask", "x/1.png", ""),
        "x/8.png": ("mask", "x/8.png", "mask without image"),
        "x/8_mask.png": ("image", "x/8_mask.png", "named like a mask"),
    }


def test_another_size_or_two_that_fit_make_no_owner() -> None:
    listed = table({"a/k1.png": "", "a/k1 z.png": "black and white"})
    listed["width"] = [60, 61]
    assert list(find_masks(listed)["reason"]) == ["", "black and white"]
    looks = {"a/k1.png": "", "a/k1.jpg": "", "a/k1.bmp": "black and white"}
    assert found(looks)["a/k1.bmp"] == ("mask", "a/k1.bmp", "black and white")


def test_the_index_is_that_of_the_table() -> None:
    listed = table({"a/1.png": "", "a/1_mask.png": "blank"}).set_axis([7, 3])
    assert find_masks(listed)["kind"].to_dict() == {7: "image", 3: "mask"}
    assert list(find_masks(listed.iloc[:0]).columns) == ["kind", "image", "reason"]


def test_pixels_tell_the_masks_of_breast() -> None:
    image = simulate("benign", np.random.default_rng(3)).image[..., np.newaxis].repeat(3, axis=2)
    mask = np.zeros_like(image)
    cv2.circle(mask, (100, 80), 40, (255, 255, 255), -1)
    pixels = {
        "benign/case001.png": image,
        "benign/case001_tumor.png": mask,
        "benign/case001_other1.png": mask,
    }
    result = found({file: look(one) for file, one in pixels.items()})
    assert [kind for kind, *_ in result.values()] == ["image", "mask", "mask"]


def _of_files(folder, files) -> pd.DataFrame:
    """Return what ``find_masks`` finds among files, from their pixels."""
    pixels = {file: np.asarray(Image.open(folder / file).convert("RGB")) for file in files}
    rows = [(file, one.shape[1], one.shape[0], look(one)) for file, one in pixels.items()]
    listed = pd.DataFrame(rows, columns=["file", "width", "height", "look"])
    return listed.join(find_masks(listed))


def _files(folder) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))


@pytest.mark.busi
@pytest.mark.slow
def test_busi_has_as_many_masks_as_its_authors_say(busi) -> None:
    result = _of_files(busi, _files(busi))
    counted = result.groupby([result["file"].str.split("/").str[0], "kind"]).size()
    assert counted.unstack("kind").to_numpy().tolist() == [[437, 454], [210, 211], [133, 133]]  # noqa: PD010
    assert set(result["reason"]) == {""}


@pytest.mark.slow
@pytest.mark.busbra
def test_bus_bra_has_a_mask_for_each_image(busbra) -> None:
    result = _of_files(busbra, _files(busbra))
    assert result.value_counts(["kind", "reason"]).to_dict() == {("image", ""): 1875, ("mask", ""): 1875}
    masks = result[result["kind"] == "mask"]
    assert list(masks["image"]) == [f"Images/bus{file[10:]}" for file in masks["file"]]


def test_masks_named_tumor_are_no_images() -> None:
    folder = SHARED / "cases" / "03-masks-named-tumor" / "data"
    if not folder.is_dir():
        pytest.skip("the case is not here")
    result = _of_files(folder, _files(folder))
    named = result["file"].str.contains("_")
    assert list(result["kind"]) == ["mask" if mask else "image" for mask in named]
    assert set(result["reason"]) == {""}
