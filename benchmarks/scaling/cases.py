"""All cases, in the order in which data flow."""

from scaling import cases_audio, cases_evaluation, cases_models, cases_plays, cases_whole

CASES = cases_plays.CASES + cases_audio.CASES + cases_models.CASES + cases_evaluation.CASES + cases_whole.CASES
