from coldwave.encoders.about import about


def test_the_record_names_the_weights_and_their_licence():
    musicnn = about({"network": "musicnn", "licence": None})
    assert musicnn["licence"].startswith("ISC") and "Pons" in musicnn["citation"] and len(musicnn["sha256"]) == 64
    assert about({"network": "onnx", "licence": "CC BY 4.0"}) == {"network": "onnx", "licence": "CC BY 4.0"}
