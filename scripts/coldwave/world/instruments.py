"""Sounds of single notes and hits, as float64 arrays of samples that end in silence."""

import numpy as np

TABLE = 2048  # samples of one period in a wavetable, a power of two: places in it are the last bits of a count


def wavetable(frequency: float, slope: float, phases: np.ndarray, rate: int) -> np.ndarray:
    """Sum harmonics with amplitudes k^-slope, as many as ``phases`` has and as fit below 0.45 of the rate.

    Returns
    -------
    One period, float64 [TABLE], of unit root mean square.
    """
    harmonics = max(1, min(len(phases), int(0.45 * rate / frequency)))
    spectrum = np.zeros(TABLE // 2 + 1, dtype=complex)
    order = np.arange(1, harmonics + 1)
    spectrum[order] = order**-slope * np.exp(1j * phases[:harmonics])
    period = np.fft.irfft(spectrum, TABLE)
    return period / np.sqrt(np.mean(period**2))


def tone(frequency: float, samples: int, slope: float, phases: np.ndarray, rate: int) -> np.ndarray:
    """A steady tone of unit root mean square, [samples]."""
    period = wavetable(frequency, slope, phases, rate)
    position = np.arange(samples) * (frequency * TABLE / rate)
    whole = position.astype(np.int64)
    here, after = period[whole & (TABLE - 1)], period[(whole + 1) & (TABLE - 1)]
    return here + (position - whole) * (after - here)


def envelope(samples: int, attack: float, decay: float, release: float, rate: int) -> np.ndarray:
    """Rise over ``attack`` seconds, decay with time constant ``decay``, and end in zero over ``release`` seconds."""
    time = np.arange(samples) / rate
    rise = np.clip(time / attack, 0, 1)
    fall = np.clip((samples / rate - time) / release, 0, 1)
    return rise * np.exp(-np.maximum(time - attack, 0) / decay) * np.sin(0.5 * np.pi * fall) ** 2


def bell(frequency: float, samples: int, rate: int) -> np.ndarray:
    """Inharmonic partials of a struck bar, decaying faster the higher they are, [samples]."""
    time = np.arange(samples) / rate
    ratios, levels = (1.0, 2.76, 5.40), (0.7, 0.5, 0.3)
    parts = (
        level * np.sin(2 * np.pi * frequency * ratio * time) * np.exp(-time * ratio / 0.25)
        for ratio, level in zip(ratios, levels, strict=True)
        if frequency * ratio < 0.45 * rate
    )
    return np.sum(list(parts), axis=0)


def kick(pitch: float, decay: float, rate: int) -> np.ndarray:
    """A sine that falls quickly to ``pitch`` Hz and dies away over about 0.2 s."""
    time = np.arange(int(0.22 * rate)) / rate
    phase = 2 * np.pi * np.cumsum(pitch * (1 + 2.5 * np.exp(-time / 0.02))) / rate
    return np.sin(phase) * envelope(len(time), 0.002, decay, 0.05, rate)


def snare(pitch: float, decay: float, generator: np.random.Generator, rate: int) -> np.ndarray:
    """Noise between about 0.8 and 7 kHz over a short tone of ``pitch`` Hz."""
    samples = int(0.2 * rate)
    noise = band(generator.standard_normal(samples), 800.0, 7000.0, rate)
    time = np.arange(samples) / rate
    body = np.sin(2 * np.pi * pitch * time) * np.exp(-time / 0.03)
    return (0.5 * noise / np.std(noise) + 0.7 * body) * envelope(samples, 0.001, decay, 0.05, rate)


def hat(decay: float, generator: np.random.Generator, rate: int) -> np.ndarray:
    """A short burst of noise above 6 kHz."""
    samples = int(0.08 * rate)
    noise = band(generator.standard_normal(samples), 6000.0, 0.5 * rate, rate)
    return noise / np.std(noise) * envelope(samples, 0.001, decay, 0.02, rate)


def band(samples: np.ndarray, low: float, high: float, rate: int) -> np.ndarray:
    """Keep the frequencies from ``low`` to ``high`` Hz, with edges about half an octave wide."""
    spectrum = np.fft.rfft(samples)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(len(samples), 1 / rate), 1.0))
    gain = np.clip((octaves - np.log2(low)) * 2 + 0.5, 0, 1) * np.clip((np.log2(high) - octaves) * 2 + 0.5, 0, 1)
    return np.fft.irfft(spectrum * gain, len(samples))
