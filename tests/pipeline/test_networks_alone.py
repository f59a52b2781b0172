"""A run whose only audio models are networks, which hear log-mels: nothing makes a bag of words."""

OTHERS = ("knn", "mlr", "linear", "mlp", "names_and_linear")
BAG_OF_WORDS = {"learn_codebook", "count_words", "reduce_counts"}


def test_no_bag_of_words_is_planned(workplace):
    alone = {"models": dict.fromkeys(OTHERS), "audit": {"canary": ["wmf", "bow"]}}
    planned = workplace.plan(overlay=alone)
    assert not BAG_OF_WORDS & set(planned)
    assert planned["train_cnn"] == planned["predict_cnn"] == planned["extract_log_mel"] == 2
    assert {"index_audio", "predict_tags", "draw_spectrograms", "audit_leakage", "write_report"} <= set(planned)
    with_one = {"models": dict.fromkeys(OTHERS[1:])}
    assert set(workplace.plan(overlay=with_one)) - set(planned) == BAG_OF_WORDS | {"predict_knn"}
