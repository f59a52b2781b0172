"""A disk that is full, or may not be written: told in one line, nothing half-written is taken as done."""

import shutil
import subprocess

from tests.faults.conftest import leftovers, made

SIZE = 64 << 20


def test_a_full_disk_stops_the_run_and_room_lets_it_go_on(tiny, tmp_path, small_disk):
    """Only the results are on the small disk, as where they are on a disk of their own."""
    place = tiny.copy(tmp_path / "copy")
    small_disk(place.folder / "results", SIZE)
    shutil.rmtree(place.results / "audio/log_mel")
    shutil.rmtree(place.results / "models")
    filler = place.folder / "results/filler"
    with filler.open("wb") as file:
        file.write(bytes(shutil.disk_usage(filler.parent).free - 150_000))
    outcome = place.snakemake("--cores", "1")
    assert outcome.status == 1
    assert "the disk is full" in outcome.output
    assert "free some space and run again" in outcome.output
    filler.unlink()
    place.make()
    assert made(place) == made(tiny)
    assert leftovers(place) == []


def test_results_that_may_not_be_written_are_named(tiny, tmp_path, small_disk):
    place = tiny.copy(tmp_path / "copy")
    results = place.folder / "results"
    small_disk(results, SIZE)
    shutil.rmtree(place.results / "bow/counts")
    subprocess.run(["mount", "-o", "remount,ro", results], check=True)
    outcome = place.snakemake("--cores", "1")
    assert outcome.status == 1
    assert "Write-protected output files" in outcome.output  # Snakemake says so before any job
    assert "results/tiny/" in outcome.output
    subprocess.run(["mount", "-o", "remount,rw", results], check=True)
    place.make("--unlock")
    place.make()
    assert made(place) == made(tiny)
