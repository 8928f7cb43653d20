from core.paper import reconstruction, statements


def test_only_images_with_masks_fit_the_paper() -> None:
    readings = reconstruction.readings().set_index("reading")
    assert readings.index[readings["fits"]].tolist() == ["images and masks"]
    assert (
        readings.loc["images and masks", ["train", "validation", "test"]].to_dict()
        == statements.INFERRED_SIZES
    )
    assert readings["files"].tolist() == [1578, 780, 798]


def test_ninety_percent_of_157_leaves_15_or_16_errors() -> None:
    assert reconstruction.errors_that_round_to(90, 157) == [15, 16]
