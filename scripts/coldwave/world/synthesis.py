"""The sound of one song of the demo world, from its style.

Drums, bass, chords and a lead play in four-four time over a loop of four chords. The production (key, tuning,
drum kit, equaliser, room, hiss, level) differs from song to song, so that no trait can be read off one
frequency band.

Two traits must show in the order of frames alone. This keeps them out of single frames, and of slopes over
nine frames (the differences of a bag of words):

- Lead notes, and kick or snare, come once a beat (0.43 s or more) and are over well before the next one,
  so no short stretch of audio holds two of them.
- ``contour``: the lead runs up or down the same five notes from a random one. Five notes cycle against the
  four beats of a bar, so every note falls on every beat.
- ``beat``: kick, snare, kick, snare against kick, kick, snare, snare, begun at a random beat. Everything else
  is the same on every beat of a bar, except the change of chord.
"""

from dataclasses import dataclass

import numpy as np
import scipy.fft

from coldwave.world.instruments import bell, envelope, hat, kick, snare, tone
from coldwave.world.styles import Style

RATE = 22050
"""Samples per second."""

PEAK = 0.9  # highest absolute sample value
BAR = 4  # beats
CHORDS = {  # root above the key and third above the root, in semitones; by the trait ``harmony``
    -2: ((0, 3), (5, 3), (7, 3), (5, 3)),
    -1: ((0, 3), (8, 4), (5, 3), (7, 3)),
    0: ((0, 3), (8, 4), (5, 3), (10, 4)),
    1: ((0, 4), (9, 3), (5, 4), (7, 4)),
    2: ((0, 4), (5, 4), (7, 4), (5, 4)),
}
MAJOR_RUN, MINOR_RUN = (0, 2, 4, 7, 9), (0, 3, 5, 7, 10)  # pentatonic scales, semitones above the key
PATTERNS = {1: (0, 1, 0, 1), -1: (0, 0, 1, 1)}  # of kick (0) and snare (1) over the beats; by the trait ``beat``
SIXTEENTHS = (0.0, 0.5, 0.25, 0.75)  # places of the hats in a beat, in the order in which they come in
LEAD_LENGTH = 0.4  # beats


@dataclass
class _Take:
    """One song while it is played."""

    style: Style
    start: float  # seconds into the music at which the song begins
    beats: np.ndarray  # [n] numbers of the beats that can be heard
    key: float  # semitones above C, with the tuning
    phases: np.ndarray  # [harmonics] of the song's waveforms
    generator: np.random.Generator
    mix: np.ndarray  # [samples]

    @property
    def beat_samples(self) -> float:
        return 60 / self.style.bpm * RATE

    @property
    def slope(self) -> float:
        """Exponent by which harmonics weaken: 2.9 (pure) to 0.9 (rich)."""
        return 1.9 - 0.4 * self.style.richness

    def frequency(self, semitones: float, centre: float) -> float:
        """Hz of the note so many semitones above the key, with the key within six semitones of a MIDI pitch."""
        key = centre - 6 + (self.key - centre + 6) % 12
        return 440 * 2 ** ((key + semitones - 69) / 12)

    def swung(self, place: float) -> float:
        """Where in the beat a note meant for ``place`` is played: off-beats come late."""
        return place + 0.5 * self.style.swing * (1 - abs(2 * place - 1))

    def play(self, sound: np.ndarray, beat: float, level: float) -> None:
        """Add a sound at a time in beats, a little early or late, a little soft or loud."""
        loose = 0.004 * RATE * np.clip(self.generator.standard_normal(), -2, 2)
        first = round(beat * self.beat_samples - self.start * RATE + loose)
        level *= 10 ** (self.generator.standard_normal() / 20)
        begin, end = max(first, 0), min(first + len(sound), len(self.mix))
        if begin < end:
            self.mix[begin:end] += level * sound[begin - first : end - first]


def render(style: Style, seconds: float, generator: np.random.Generator) -> np.ndarray:
    """Synthesise one song.

    Parameters
    ----------
    style
        The audible traits of the song.
    seconds
        Its length.
    generator
        Decides the production and the small irregularities of playing, but no trait.

    Returns
    -------
    float32 [seconds * RATE], mono, within ±0.9.
    """
    beat = 60 / style.bpm
    start = generator.uniform(4 * BAR * beat, 8 * BAR * beat)  # cut out of a longer song, so it may begin anywhere
    take = _Take(
        style=style,
        start=start,
        beats=np.arange(int(start / beat) - BAR, int((start + seconds) / beat) + 2),
        key=generator.integers(12) + generator.uniform(-0.3, 0.3),
        phases=generator.uniform(0, 2 * np.pi, 24),
        generator=generator,
        mix=np.zeros(round(seconds * RATE)),
    )
    _play_drums(take)
    _play_harmony(take)
    _play_lead(take)
    return _produce(take.mix, style, generator)


def _play_drums(take: _Take) -> None:
    generator, style = take.generator, take.style
    drums = (
        kick(generator.uniform(45, 65), generator.uniform(0.05, 0.08), RATE),
        snare(generator.uniform(160, 230), generator.uniform(0.03, 0.06), generator, RATE),
    )
    closed_hat = hat(generator.uniform(0.01, 0.025), generator, RATE)
    loud = 10 ** (3.0 * style.percussion / 20)
    levels = (0.9 * loud, 0.5 * loud)
    pattern, turn = PATTERNS[style.beat], generator.integers(BAR)
    hats = 2.2 + 0.9 * style.density  # places of a beat that are played, on average
    for beat in take.beats:
        drum = pattern[(beat + turn) % BAR]
        take.play(drums[drum], beat, levels[drum])
        for number, place in enumerate(SIXTEENTHS):
            if generator.random() < hats - number:
                take.play(closed_hat, beat + take.swung(place), 0.16 * loud)


def _play_harmony(take: _Take) -> None:
    """Bass on every beat, and more often in dense songs; chords held over the bar and struck on every beat."""
    generator, style = take.generator, take.style
    chords, turn = CHORDS[int(style.harmony)], generator.integers(len(CHORDS[0]))
    held = 1 / (1 + np.exp(2.0 * style.pluck))  # share of the held chord, against the struck one
    bar, beat = round(BAR * take.beat_samples), round(take.beat_samples)
    pad_shape = envelope(round(1.03 * bar), 0.06, 60.0, 0.03 * bar / RATE, RATE)
    struck_shape = envelope(round(0.9 * beat), 0.005, 0.18, 0.05, RATE)
    bass_shape = envelope(round(0.45 * beat), 0.008, 0.3, 0.04, RATE)
    sounds = []
    for root, third in chords:
        notes = [take.frequency(root + above, 55 + 3 * style.register) for above in (0, third, 7)]
        tones = [tone(note, len(pad_shape), take.slope, take.phases, RATE) for note in notes]
        chord = np.sum(tones, axis=0) / np.sqrt(len(tones))
        low = take.frequency(root, 37 + 2 * style.register)
        bass = tone(low, len(bass_shape), take.slope + 0.3, take.phases, RATE) * bass_shape
        sounds.append((chord * pad_shape, chord[: len(struck_shape)] * struck_shape, bass))
    often = 1 / (1 + np.exp(-1.2 * style.density))
    for beat in take.beats:
        pad, struck, bass = sounds[(beat // BAR + turn) % len(sounds)]
        if beat % BAR == 0:
            take.play(pad, beat, 0.16 * held)
        take.play(struck, beat, 0.34 * (1 - held))
        take.play(bass, beat, 0.26)
        if generator.random() < often:
            take.play(bass, beat + take.swung(0.5), 0.2)


def _play_lead(take: _Take) -> None:
    generator, style = take.generator, take.style
    length = round(LEAD_LENGTH * take.beat_samples)
    held = 1 / (1 + np.exp(2.0 * style.pluck))
    shape = envelope(length, 0.006 + 0.03 * held, 0.08 + 0.5 * held, 0.04, RATE)
    pure = 1 / (1 + np.exp(2.0 * style.richness))
    run = MAJOR_RUN if style.harmony > 0 else MINOR_RUN
    notes = []
    for above in run:
        frequency = take.frequency(above, 69 + 4.5 * style.register)
        ringing = (1 - held) * pure * bell(frequency, length, RATE)
        steady = tone(frequency, length, take.slope, take.phases, RATE)
        notes.append((steady + 1.5 * ringing) * shape)
    place, turn = generator.choice((0.0, 0.5)), generator.integers(len(notes))
    for beat in take.beats:
        take.play(notes[(style.contour * beat + turn) % len(notes)], beat + take.swung(place), 0.4)


def _produce(mix: np.ndarray, style: Style, generator: np.random.Generator) -> np.ndarray:
    """Hiss, distortion, equaliser, room and level, in this order; [samples] to float32 [samples]."""
    mix = mix / np.sqrt(np.mean(mix**2))
    hiss = 10 ** ((-42 + 7 * style.roughness + 3 * generator.standard_normal()) / 20)
    drive = 0.5 * 2 ** (1.2 * style.roughness)
    mix = np.tanh(drive * (mix + hiss * generator.standard_normal(len(mix)))) / drive

    tail = _room(generator)
    size = scipy.fft.next_fast_len(len(mix) + len(tail), real=True)
    frequencies = np.fft.rfftfreq(size, 1 / RATE)
    octaves = np.log2(np.clip(frequencies, 40, 10_000) / 800)
    tilt = (-2.0 + 1.6 * style.brightness) * octaves
    waves = generator.normal(0, 1.5, 3) @ np.cos(np.outer(generator.uniform(0.5, 2, 3), octaves) + [[0], [2], [4]])
    rumble = frequencies**2 / (frequencies**2 + 25**2)
    response = rumble * 10 ** ((tilt + waves) / 20) * scipy.fft.rfft(tail, size)
    mix = scipy.fft.irfft(scipy.fft.rfft(mix, size) * response, size)[: len(mix)]

    fade = min(len(mix) // 2, RATE // 100)
    mix[:fade] *= np.linspace(0, 1, fade)
    mix[len(mix) - fade :] *= np.linspace(1, 0, fade)
    level = 10 ** ((-20 + 2.5 * np.clip(generator.standard_normal(), -2, 2)) / 20)
    mix *= min(level / np.sqrt(np.mean(mix**2)), PEAK / np.max(np.abs(mix)))
    return mix.astype(np.float32)


def _room(generator: np.random.Generator) -> np.ndarray:
    """Impulse response of a small room: the direct sound and a light tail."""
    time = np.arange(int(0.4 * RATE)) / RATE
    tail = generator.standard_normal(len(time)) * np.exp(-time / generator.uniform(0.03, 0.08))
    tail *= 10 ** (generator.uniform(-22, -12) / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return tail
