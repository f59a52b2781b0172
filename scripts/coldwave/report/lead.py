"""The first words of the report: what its run found, in plain words that the intervals allow."""

from coldwave.report.results import ABOVE, BELOW

NAMED = 4  # models named; of more, the number is said


def lead(found: dict | None) -> list[str]:
    """Say in sentences how good the best audio model is, and which models it cannot be told apart from.

    ``found`` is as `coldwave.report.results.finding` gives it; without an audio model there is nothing to say.
    """
    if found is None:
        return ["This run has no audio model, so it does not tell what can be recommended from sound."]
    model, times = found["model"], round(100 * float(found["value"]))
    which = f"Of the audio models, {model} has the highest" if found["others"] else f"The audio model, {model}, has an"
    said = [
        f"{which} {found['measure']}, {found['value']}: of two test songs, one that a user has played and one not, it "
        f"ranks the played one first about {times} times in 100."
    ]
    ends = []
    if found["from_chance"]:
        words = {ABOVE: "better than chance", BELOW: "worse than chance"}
        ends.append(f"{words.get(found['from_chance'], 'not told apart from chance')} ({found['chance']})")
    if found["from_ceiling"]:
        words = {BELOW: "below", ABOVE: "above"}
        where = words.get(found["from_ceiling"], "not told apart from")
        ends.append(f"{where} what the songs' own plays would give ({found['ceiling']})")
    if ends:
        said.append(f"That is {' and '.join(ends)}.")
    same = found["equals"]
    if same:
        names = listed(same) if len(same) <= NAMED else f"{len(same)} of the other {found['others']} audio models"
        said.append(f"With other users and songs another might be first: it cannot be told apart from {names}.")
    elif found["others"] and found["apart"] == found["others"]:  # not where it is not known of one
        said.append("It can be told apart from every other audio model.")
    return said


def listed(names: list[str]) -> str:
    """Join names with commas, and "and" before the last."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
