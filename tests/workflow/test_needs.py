"""How the cores of one machine are shared out, and what Snakemake is told of a function."""

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.needs import DAY, Need, grown, shared_out, signed, sizes_of


@pytest.mark.parametrize(
    ("most", "jobs", "cores", "threads"),
    [
        (8, 2, 2, 1),
        (8, 2, 16, 8),
        (8, 3, 16, 5),
        (4, 16, 16, 4),
        (8, 1, 2, 2),
        (8, 0, 4, 4),
        (8, 3, 1, 1),
        (8, 3, None, 8),
    ],
)
def test_threads_of_jobs_beside_each_other(most, jobs, cores, threads):
    assert shared_out(most, jobs, cores) == threads


@given(st.integers(1, 64), st.integers(0, 1000), st.integers(1, 512))
def test_two_jobs_fit_wherever_there_are_two_cores(most, jobs, cores):
    threads = shared_out(most, jobs, cores)
    assert 1 <= threads <= most
    assert threads <= cores
    if jobs > 1 and cores > 1:
        assert 2 * threads <= cores


def test_a_written_signature_is_that_of_the_function():
    def function(wildcards, input=None, *, attempt: int): ...

    plain = inspect.signature(function)
    assert inspect.signature(signed(function)) == plain
    assert list(inspect.signature(grown(lambda input: 1)).parameters) == ["wildcards", "input", "attempt"]


def test_jobs_share_what_grows_with_a_product_of_two_inputs():
    need = Need(minutes=10, minutes_per_mb={"users": 0.1}, minutes_per_product={("users", "songs"): 0.01})
    sizes = {"users": 50.0, "songs": 40.0, "plays": 9.0}
    assert need.minutes_for(sizes) == 10 + 5 + 20
    assert need.minutes_for(sizes, jobs=4) == 10 + 5 + 5
    assert need.minutes_for({"users": 50.0}) == 10 + 5
    assert need.minutes_for({"users": 1e6, "songs": 1e6}) == DAY


def test_a_folder_of_plays_is_as_large_as_its_files_and_one_of_songs_is_not(tmp_path):
    for name in ("plays", "songs"):
        (tmp_path / name / "a").mkdir(parents=True)
        (tmp_path / name / "a" / "one").write_bytes(bytes(2_000_000))
        (tmp_path / name / "two").write_bytes(bytes(1_000_000))
    given = {"source": str(tmp_path / "plays"), "catalogue": str(tmp_path / "songs")}
    sizes = sizes_of(given, {"source", "catalogue"})
    assert sizes["source"] == 3.0 and sizes["catalogue"] < 0.1
