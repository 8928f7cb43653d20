import numpy as np
import pytest

from core.data.phantom.tissue import LINES, Frame, draw_tissue, field, septa

FRAME = Frame(rows=400, rows_per_mm=10.0, lines_per_mm=LINES / 40)


def test_a_frame_measures_in_millimetres_and_megahertz():
    assert FRAME.depth[-1, 0] == pytest.approx(39.9)
    assert FRAME.across[0, -1] == pytest.approx(40, abs=0.3)
    assert FRAME.frequency == pytest.approx(7.7)


def test_a_field_has_mean_0_and_variance_1_and_the_size_of_its_blobs():
    fields = [field(np.random.default_rng(seed), FRAME, 2, 2) for seed in range(8)]
    assert np.mean(fields) == pytest.approx(0, abs=0.1)
    assert np.var(fields) == pytest.approx(1, abs=0.15)
    coarse = field(np.random.default_rng(0), FRAME, 8, 2)
    assert np.abs(np.diff(coarse, axis=0)).mean() < 0.5 * np.abs(np.diff(fields[0], axis=0)).mean()


def test_septa_are_thin_bright_sheets():
    web = septa(np.random.default_rng(0), FRAME, 4, 10)
    assert 0 <= web.min() < web.max() <= 1
    assert np.median(web) < 0.05


@pytest.mark.parametrize("seed", range(4))
def test_tissue_attenuates_everywhere_and_has_its_gland_inside_the_image(seed):
    tissue = draw_tissue(np.random.default_rng(seed), FRAME)
    assert tissue.echo.shape == tissue.attenuation.shape == (400, LINES)
    assert tissue.attenuation.min() > 0
    top, bottom = tissue.gland
    assert 0 < top < bottom < 40
    fat = slice(25, int(10 * top) - 5)
    if fat.stop - fat.start > 10:
        gland = slice(int(10 * top) + 20, int(10 * bottom) - 20)
        assert tissue.echo[fat].mean() < tissue.echo[gland].mean()
