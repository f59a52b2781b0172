"""Time functions side by side in one run, and print each as a ratio to the first."""

import statistics
import time
from collections.abc import Callable


def compare(what: str, functions: dict[str, Callable[[], object]], rounds: int = 7) -> None:
    """Call each function in turn, ``rounds`` times after one warm-up, and print medians and median ratios."""
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for number in range(rounds + 1):
        for name, function in functions.items():
            begin = time.perf_counter()
            function()
            if number:
                seconds[name].append(time.perf_counter() - begin)
    first = next(iter(functions))
    print(f"{what}, {rounds} rounds in turn")
    for name, values in seconds.items():
        ratios = [value / base for value, base in zip(values, seconds[first], strict=True)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        print(f"  {name:42} {1000 * statistics.median(values):10.1f} ms  × {statistics.median(ratios):.2f} ({spread})")
