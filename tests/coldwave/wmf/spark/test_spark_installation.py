"""What is said where Spark is not installed, or Java is missing or too old. Needs neither."""

import importlib.util

import pytest

from coldwave.errors import InputError
from coldwave.wmf.spark.installation import lacking
from coldwave.wmf.spark.session import spark_session


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch, tmp_path):
    """pyspark seems to be there, and Java not to be."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: "found")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)


def make_java(folder, version, status=0):
    folder.mkdir(parents=True, exist_ok=True)
    java = folder / "java"
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\nexit {status}\n")
    java.chmod(0o755)


def test_without_pyspark_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "`make install-spark`" in lacking()
    with pytest.raises(InputError, match="pyspark is not installed"), spark_session("local[*]", {}, 1, 1000):
        pass


def test_without_java_it_says_what_to_install():
    assert "needs Java 17 or later, but there is no command java and JAVA_HOME is not set" in lacking()


@pytest.mark.parametrize("version", ["1.8.0_292", "11.0.2", "16"])
def test_an_old_java_is_told(version, tmp_path):
    make_java(tmp_path, version)
    major = {"1.8.0_292": "8", "11.0.2": "11"}.get(version, version)
    assert f"{tmp_path}/java is Java {major}:" in lacking()


@pytest.mark.parametrize("version", ["17", "17.0.15", "21-ea"])
def test_a_java_that_will_do(version, tmp_path):
    make_java(tmp_path, version)
    assert lacking() is None


def test_spark_looks_in_java_home_alone_where_it_is_set(tmp_path, monkeypatch):
    make_java(tmp_path, "17")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert f"JAVA_HOME ({tmp_path}/home) has no bin/java" in lacking()
    make_java(tmp_path / "home/bin", "17")
    assert lacking() is None


def test_a_java_that_fails_is_told(tmp_path):
    make_java(tmp_path, "17", status=1)
    assert f"{tmp_path}/java fails" in lacking()
