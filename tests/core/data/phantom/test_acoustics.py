import numpy as np
import pytest

from core.data.phantom.acoustics import STEERING, envelope, log_compress
from core.data.phantom.tissue import LINES


def snr(signal):
    return signal.mean() / signal.std()


def homogeneous_envelope(rng):
    """A homogeneous medium in one look."""
    return envelope(np.ones((420, 256), np.float32), rng)


def test_envelope_of_homogeneous_tissue_is_rayleigh():
    ratios = [snr(homogeneous_envelope(np.random.default_rng(seed))) for seed in range(4)]
    assert np.mean(ratios) == pytest.approx(np.sqrt(np.pi / (4 - np.pi)), abs=0.02)


def test_envelope_has_unit_power_at_every_depth():
    power = np.mean([homogeneous_envelope(np.random.default_rng(s)) ** 2 for s in range(4)], axis=0)
    assert power[:, 8:-8].mean(axis=1).reshape(10, -1).mean(axis=1) == pytest.approx(1, abs=0.1)


def test_speckle_gets_coarser_away_from_the_focus():
    signal = homogeneous_envelope(np.random.default_rng(0))

    def correlation(rows):
        left, right = signal[rows, :-2].ravel(), signal[rows, 2:].ravel()
        return np.corrcoef(left, right)[0, 1]

    assert correlation(slice(340, 420)) > correlation(slice(128, 208)) + 0.1


def test_compounding_smooths_speckle():
    still = np.ones((200, LINES), np.float32)
    compound = envelope(still, np.random.default_rng(0), steering=STEERING)
    assert snr(compound) > 1.3 * snr(envelope(still, np.random.default_rng(0)))


def test_a_lone_reflector_is_seen_where_it_lies():
    amplitude = np.full((200, 64), 1e-6, np.float32)
    amplitude[120, 20] = 1
    row, line = np.unravel_index(np.argmax(envelope(amplitude, np.random.default_rng(1))), amplitude.shape)
    assert abs(row - 120) <= 1
    assert line == 20


def test_log_compression_maps_the_dynamic_range_to_grey_levels():
    signal = np.array([1.0, 10.0, 0.1, 1e-9])
    assert log_compress(signal, gain=0.5, dynamic_range=80) == pytest.approx([127.5, 191.25, 63.75, 0])
