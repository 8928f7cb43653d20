"""Simulate B-mode grey values from maps of tissue, with the convolution model of ultrasound.

Rows are depth, lines are lateral. One row is exactly one cycle of the echo, so an image of 420 rows over
38 mm corresponds to 8.5 MHz. The model is that of Bamber and Dickinson (Physics in Medicine and Biology 25,
1980): echo = scatterers convolved with a point-spread function that is separable into a modulated pulse along
depth and a beam profile across it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

SAMPLES_PER_ROW = 3
BANDWIDTH = 0.55
"""Full width at half maximum of the pulse's spectrum, as a share of the centre frequency."""
BEAM_WIDTH = 0.9
"""Standard deviation of the beam profile at the focus, lines."""
STEERING = (-0.2, 0.0, 0.2)
"""Centre lateral frequencies of the looks of a compound image, cycles per line."""


def envelope(
    amplitude: Floats,
    rng: np.random.Generator,
    *,
    focus: float = 0.4,
    steering: Sequence[float] = (0.0,),
) -> Floats:
    """Simulate the envelope of the echo of random scatterers, before log compression.

    Scatterers are normally distributed, three per row, and scaled by the local amplitude. The spectrum is
    limited to the band around the centre frequency before it is transformed back. This gives the analytic
    signal, shifted in frequency and sampled once per row; its magnitude is the Hilbert envelope. With so many
    scatterers in a resolution cell, the envelope of a homogeneous medium is Rayleigh-distributed:
    mean / standard deviation = sqrt(pi / (4 - pi)) = 1.91 (Burckhardt, IEEE Transactions on Sonics and
    Ultrasonics 25, 1978).

    Args:
        amplitude: root mean square of the scatterers, [rows, lines], 1 for reference tissue.
        rng: random generator of the scatterers.
        focus: depth of the focus as a share of the rows; the beam widens away from it.
        steering: lateral frequency of each look, cycles per line. Looks at different angles have nearly
            independent speckle; averaging their envelopes is spatial compounding.

    Returns:
        Envelope, [rows, lines]; its root mean square is 1 for one look at an amplitude of 1.
    """
    # Here, since importing it takes a quarter of a second, and most pages simulate nothing.
    from scipy import fft  # noqa: PLC0415

    rows, lines = amplitude.shape
    padded = 2 * fft.next_fast_len((rows + 8) // 2)
    scatterers = rng.standard_normal((rows, SAMPLES_PER_ROW, lines), np.float32) * amplitude[:, None]
    spectrum = fft.rfft(scatterers.reshape(-1, lines), SAMPLES_PER_ROW * padded, axis=0)
    spectrum = spectrum[padded // 2 : padded // 2 + padded]
    offset = np.arange(-padded // 2, padded // 2, dtype=np.float32) / padded
    pulse = np.exp(-4 * np.log(2) * (offset / BANDWIDTH) ** 2)
    pulse /= np.sqrt(SAMPLES_PER_ROW * np.mean(pulse**2))
    echo = fft.ifft(spectrum * pulse[:, None].astype(np.float32), axis=0)[:rows]

    # Zero padding keeps the transforms from wrapping around.
    beams = fft.next_fast_len(lines + 8)
    echo = fft.fft(echo, beams, axis=1)
    depth = np.arange(rows, dtype=np.float32)[:, None] / rows
    width = 2 * np.pi * BEAM_WIDTH * (1 + 1.2 * np.abs(depth - focus))
    beam = np.exp(-((width * fft.fftfreq(beams).astype(np.float32)) ** 2) / 2)
    beam /= np.sqrt(np.mean(beam**2, axis=1, keepdims=True))
    total = np.zeros((rows, lines), np.float32)
    for centre in steering:
        total += np.abs(fft.ifft(echo * np.roll(beam, round(centre * beams), axis=1), axis=1)[:, :lines])
    return total / len(steering)


def log_compress(signal: Floats, *, gain: float, dynamic_range: float) -> Floats:
    """Convert an envelope to grey values by log compression.

    Args:
        signal: envelope of any shape, positive, 1 for reference tissue.
        gain: grey value of reference tissue as a share of white, 0–1.
        dynamic_range: range from black to white, dB.

    Returns:
        Grey values in [0, 255], not rounded.
    """
    decibels = 20 * np.log10(np.maximum(signal, 1e-6))
    return np.clip(255 * (decibels / dynamic_range + gain), 0, 255)
