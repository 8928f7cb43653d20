"""Scans of other body parts and machines, from packages."""

from core.data.outside import scans


def test_every_file_of_the_installed_packages_is_read() -> None:
    motifs = scans.motifs()
    assert len(motifs) >= 9
    assert len({motif.origin for motif in motifs}) == len(motifs)
    for motif in motifs:
        images = list(motif.images())
        assert len(images) == 3
        assert images[0].shape[2] == 3
        assert images[0].std() > 1, motif.origin
