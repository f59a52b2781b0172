"""What follows what in the tiny run: jobs by rule, of which the tests of reruns put their plans together."""

SHOWN = {"write_report": 1, "record_provenance": 1}
COMPARISON = {"tabulate_ranking": 1, "tabulate_published": 1, "compare_models": 1, "tabulate_strata": 1}
WHERE = {"tabulate_where": 1}  # reads what models predict, not their scores
AFTER_SCORES = {"tabulate_recommendation": 1, **COMPARISON, **WHERE, **SHOWN}
WORTH = {"count_plays_worth": 1, "draw_plays_worth": 1}  # reads what models that know no plays predict
AFTER_LEARNING = {"audit_leakage": 1, **AFTER_SCORES}
EXAMPLES = {"choose_examples": 1, "cut_excerpts": 1}  # reads what hears songs, of which one model recommends
ANALYSED = {"predict_tags": 1, "find_neighbours": 1, "compare_factors": 1}  # reads what predicts factors from audio
