"""Check that Spark can run here: its Python package is not in the lock, and it needs Java."""

import importlib.util
import os
import re
import shutil
import subprocess

JAVA = 17  # the oldest that the pinned Spark runs on
PYSPARK = (
    "wmf.engine is spark, but Python's package pyspark is not installed here: run `make install-spark`, or let "
    "Snakemake make the rule's environment with --software-deployment-method conda; or write wmf.engine: implicit"
)
NO_JAVA = (
    "wmf.engine is spark, which needs Java {needed} or later, but {found}: install one (openjdk-{needed}-jre-headless, "
    "say) or let JAVA_HOME name its folder; or write wmf.engine: implicit"
)


def lacking() -> str | None:
    """Say what Spark lacks here and what to do about it; None if it has all it needs."""
    return PYSPARK if importlib.util.find_spec("pyspark") is None else _java_lacking()


def _java_lacking() -> str | None:
    home = os.environ.get("JAVA_HOME")  # Spark looks there first, and nowhere else where it is set
    java = shutil.which(f"{home}/bin/java") if home else shutil.which("java")
    if java is None:
        found = f"JAVA_HOME ({home}) has no bin/java" if home else "there is no command java and JAVA_HOME is not set"
        return NO_JAVA.format(needed=JAVA, found=found)
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=True).stderr
    except (OSError, subprocess.SubprocessError) as error:
        return NO_JAVA.format(needed=JAVA, found=f"{java} fails ({error})")
    version = re.search(r'version "(?:1\.)?(\d+)', told)  # Java 8 calls itself 1.8
    if version and int(version[1]) < JAVA:
        return NO_JAVA.format(needed=JAVA, found=f"{java} is Java {version[1]}")
    return None
