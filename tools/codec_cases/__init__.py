"""The sources of which the cases of the codec are made (conformance/cases/codec)."""
